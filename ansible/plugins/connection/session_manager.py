"""The connection to hosts behind Session Manager: amazon.aws.aws_ssm, with commands that outlive their session."""

import base64
import re
import secrets
import shlex
import time
from contextlib import suppress
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible_collections.amazon.aws.plugins.connection.aws_ssm import Connection as AwsSsm
from botocore.exceptions import BotoCoreError, ClientError

DOCUMENTATION = """
name: session_manager
short_description: Connect to EC2 instances over Session Manager, and run each command once
description:
  - Transfers files and opens sessions as P(amazon.aws.aws_ssm#connection) does.
  - That plugin waits for a command within one session. A session ends when it is idle, after 20 minutes by default and
    60 at most, and when its connection is lost. The plugin then runs the command again beside the first, four times.
  - This one starts a command detached from the session, and asks for its end in short requests. Each may be repeated,
    in a new session if need be, so that a command runs once, however long it takes and however many sessions end.
  - A host that cannot be reached for half a minute is unreachable. A command that was killed has failed.
options:
  instance_id: {description: "The EC2 instance.", vars: [{name: ansible_aws_ssm_instance_id}]}
  region: {description: "The region.", default: us-east-1, vars: [{name: ansible_aws_ssm_region}]}
  profile: {description: "A profile of the AWS configuration.", default: "", vars: [{name: ansible_aws_ssm_profile}]}
  access_key_id: {description: "As of the AWS CLI.", env: [{name: AWS_ACCESS_KEY_ID}]}
  secret_access_key: {description: "As of the AWS CLI.", env: [{name: AWS_SECRET_ACCESS_KEY}]}
  session_token: {description: "As of the AWS CLI.", env: [{name: AWS_SESSION_TOKEN}]}
  plugin: {description: "The path of session-manager-plugin.", vars: [{name: ansible_aws_ssm_plugin}]}
  ssm_document: {description: "A document of the account for sessions.", vars: [{name: ansible_aws_ssm_document}]}
  bucket_name: {description: "The bucket for files.", vars: [{name: ansible_aws_ssm_bucket_name}]}
  bucket_endpoint_url: {description: "The endpoint of the bucket.", vars: [{name: ansible_aws_ssm_bucket_endpoint_url}]}
  bucket_sse_mode: {description: "Encryption of the files.", vars: [{name: ansible_aws_ssm_bucket_sse_mode}]}
  bucket_sse_kms_key_id: {description: "Its key.", vars: [{name: ansible_aws_ssm_bucket_sse_kms_key_id}]}
  s3_addressing_style:
    description: How URLs name the bucket.
    default: auto
    vars: [{name: ansible_aws_ssm_s3_addressing_style}]
  reconnection_retries:
    description: How often a request to the host is repeated, after 0, 1, 3, 7 seconds and so on.
    type: integer
    default: 5
    vars: [{name: ansible_aws_ssm_retries}]
  ssm_timeout:
    description: Seconds after which a request without an answer is repeated in a new session. No limit for commands.
    type: integer
    default: 60
    vars: [{name: ansible_aws_ssm_timeout}]
  answer_seconds:
    description: Seconds that a request waits on the host for the end of a command. Shorter than any idle time-out.
    type: float
    default: 20
    vars: [{name: ansible_session_manager_answer_seconds}]
"""

# StartSession is throttled for the account, and 20 hosts begin at the same time.
ATTEMPTS = 10
# The host's terminal takes lines of 4,095 characters (termios(3), canonical mode); the script and a part share one.
PART = 2000

# $1: the job. $2: what to do. $3: the last part of the command in base64. $4: tenths of a second to wait for its end.
#
# A request may be cut off anywhere and come again, so it may start the detached process again; of these, the one whose
# claim (its process id and the boot of the host) is linked first runs the command, and all others end. /var/tmp and
# /tmp would not do: others may write there, and the home survives a restart of the host, after which the command must
# not run again. The end is looked for twice, because a process that was alive may have ended since. Folders of jobs are
# removed after a month: the one of a job that runs is not renewed, and its end is still to be written there.
SCRIPT = r"""
umask 077; j=$HOME/.ansible/jobs; d=$j/$1; v=$2; i=0; read -r now </proc/sys/kernel/random/boot_id;
if [ $v = start ]; then mkdir -p $d; { cat $d.part* 2>/dev/null; printf %s "$3"; } | base64 -d >$d/new.$$;
mv $d/new.$$ $d/command; setsid sh -c 'echo $$ $1 >$0/claim.$$; ln $0/claim.$$ $0/claim 2>/dev/null || exit;
sh $0/command </dev/null >$0/out 2>$0/err; echo $? >$0/end; mv $0/end $0/rc' $d $now >/dev/null 2>&1 </dev/null &
find $j -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} + 2>/dev/null; fi;
claimed() { [ -f $d/claim ] && read -r p boot <$d/claim; };
alive() { claimed && [ $boot = $now ] && kill -0 $p 2>/dev/null; };
while [ ! -f $d/rc ] && [ $i -lt $4 ] && { alive || ! claimed; }; do sleep 0.1; i=$((i+1)); done;
if [ -f $d/rc ]; then echo "ended $(cat $d/rc) =$(base64 -w0 $d/out) =$(base64 -w0 $d/err) all";
elif ! claimed; then [ $v = start ] && echo asked || echo restarted; elif alive || [ -f $d/rc ]; then echo running;
elif [ $boot = $now ]; then echo killed; else echo restarted; fi
""".strip().replace("\n", " ")  # one line, because a terminal prompts for each further one
ANSWER = re.compile(r"^(?:(asked|running|killed|restarted)|ended (\d+) =(\S*) =(\S*) all)\s*$", re.MULTILINE)
WRITTEN = re.compile(r"^written\s*$", re.MULTILINE)


class Connection(AwsSsm):
    """Ansible's entry point."""

    transport = "session_manager"

    def exec_command(self, cmd: str, *_: Any, **__: Any) -> tuple[int, bytes, bytes]:
        """Run a command on the host and wait for its end, over as many sessions as that takes.

        Raises:
            AnsibleConnectionFailure: the host cannot be reached, or restarted meanwhile.
            AnsibleError: the command was killed.
        """
        job, do = secrets.token_hex(8), "start"
        last = self._send_parts(job, base64.b64encode(to_bytes(cmd)).decode())
        while True:
            state, code, out, err = self._ask(job, do, last)
            if code is not None:
                self._forget(job)
                return int(code), base64.b64decode(out), base64.b64decode(err)
            if state == "restarted":
                raise AnsibleConnectionFailure(f"{self.host} restarted before the command ended")
            if state == "killed":
                raise AnsibleError(f"the command was killed on {self.host} before it ended")
            if state == "running":
                do, last = "wait", ""

    def _send_parts(self, job: str, encoded: str) -> str:
        """Write all parts of a long command but the last one, which is returned, to the host."""
        parts = [encoded[start : start + PART] for start in range(0, len(encoded), PART)]
        for number, part in enumerate(parts[:-1]):
            file = f"$HOME/.ansible/jobs/{job}.part{number:04}"
            write = f"umask 077; mkdir -p ${{1%/*}}; printf %s {part} >$1 && echo written"
            self._on_host(f'sh -c {shlex.quote(write)} - "{file}"', WRITTEN)
        return parts[-1]

    def _ask(self, job: str, do: str, last: str) -> tuple[str | None, ...]:
        """Start the job if it was not started, wait a while for its end, and return the groups of `ANSWER`."""
        tenths = round(self.get_option("answer_seconds") * 10)
        return self._on_host(f"sh -c {shlex.quote(SCRIPT)} - {job} {do} '{last}' {tenths}", ANSWER).groups()

    def _on_host(self, request: str, wanted: re.Pattern[str]) -> re.Match[str]:
        """What a short command prints. It may run more than once.

        Of a session that ends meanwhile, the plugin below returns what was printed until then, as if it were all.
        """
        said = ""
        for attempt in range(self.get_option("reconnection_retries") + 1):
            try:
                said = to_text(super().exec_command(request)[1])
            except (BotoCoreError, ClientError) as error:
                raise AnsibleConnectionFailure(f"no session on {self.instance_id}: {error}") from error
            if found := wanted.search(said):
                return found
            self.close()
            time.sleep(min(2**attempt - 1, 30))
        raise AnsibleConnectionFailure(f"no session on {self.instance_id} lasts for a request; the last said {said!r}")

    def _forget(self, job: str) -> None:
        """Remove the job on the host, without waiting for that. A session that has ended meanwhile is no failure."""
        remove = f"rm -rf $HOME/.ansible/jobs/{job} $HOME/.ansible/jobs/{job}.part*\n"
        with suppress(OSError):
            self.session_manager.stdin_write(to_bytes(remove))

    def _get_boto_client(
        self, service: str, region_name: Any = None, endpoint_url: Any = None, config: Any = None
    ) -> Any:
        """A client that patiently repeats what AWS throttles."""
        retries = {"retries": {"mode": "standard", "max_attempts": ATTEMPTS}}
        return super()._get_boto_client(service, region_name, endpoint_url, {**(config or {}), **retries})
