"""Tasks over Session Manager: each runs once, whatever becomes of the sessions.

Times are a twentieth of AWS's: ten minutes are 30 s, and a session that AWS ends after 20 idle minutes ends after one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import yaml

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE
from tests.harness import servers
from tests.harness.environment import KEYS
from tests.harness.session_manager.running import SessionManager, session_manager
from tests.harness.session_manager.sessions import Limits

pytestmark = pytest.mark.server
FASTER = 20
TEN_MINUTES = 600 / FASTER
# AWS's own: 60 s for a request of the plugin, 20 min for an idle session.
SCALED = Limits(idle=1200 / FASTER)
HOST, INSTANCE, BUCKET = "celery-prod-worker-cpu-1", "i-0123456789abcdef0", "celery-prod-transfer"
OPTIONS = {
    "ansible_connection": "session_manager",
    "ansible_aws_ssm_instance_id": INSTANCE,
    "ansible_aws_ssm_region": "eu-west-1",
    "ansible_aws_ssm_bucket_name": BUCKET,
    "ansible_aws_ssm_timeout": 60 // FASTER,
    "ansible_session_manager_answer_seconds": 20 / FASTER,
    "ansible_aws_ssm_s3_addressing_style": "path",
    "ansible_become": False,
    "ansible_python_interpreter": sys.executable,
}


@dataclass(frozen=True)
class Host:
    """A host whose agent is connected, and its home."""

    home: Path
    sessions: SessionManager
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)

    def play(self, *tasks: dict[str, Any], **keywords: Any) -> subprocess.CompletedProcess[str]:
        """Run a play of these tasks on the host, with the configuration of this repository."""
        playbook = self.folder / "play.yml"
        playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": list(tasks), **keywords}]))
        variables = {**os.environ, **KEYS, **self.sessions.variables, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
        program = Path(sys.executable).with_name("ansible-playbook")
        # The controller is the same machine, whose own folder for temporary files stays what it is.
        return subprocess.run(
            [program, "-i", f"{HOST},", "-e", json.dumps(OPTIONS | self.options), playbook], cwd=ANSIBLE, text=True,
            env=variables, capture_output=True, check=False, timeout=300, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def jobs(self) -> list[str]:
        """What commands have left on the host."""
        return [file.name for file in self.home.glob(".ansible/jobs/*")]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulated account with the bucket for files."""
    with servers.aws(tmp_path_factory.mktemp("account")) as url:
        keys = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "emulated"}
        place = {"LocationConstraint": "eu-west-1"}
        s3 = boto3.client("s3", endpoint_url=url, region_name="eu-west-1", **keys)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield url


@pytest.fixture
def host(account: str, tmp_path: Path) -> Callable[..., Any]:
    """A host under given limits."""

    @contextmanager
    def connected(limits: Limits = SCALED, **options: Any) -> Iterator[Host]:
        home = tmp_path / "home"
        home.mkdir()
        shell = ["env", "-i", f"HOME={home}", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "TERM=xterm-256color", "/bin/sh"]
        with session_manager(tmp_path, account, {INSTANCE: shell}, limits=limits) as sessions:
            yield Host(home, sessions, tmp_path, options)

    return connected


def _result(done: subprocess.CompletedProcess[str], task: int = 0) -> dict[str, Any]:
    report, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))  # other callbacks print after it
    found: dict[str, Any] = report["plays"][0]["tasks"][task]["hosts"][HOST]
    return found


def _counted(seconds: float) -> dict[str, Any]:
    """A task that takes so long, and notes each time it is run."""
    return {"ansible.builtin.shell": f"echo run >> ~/runs; sleep {seconds}; echo done"}


def test_a_task_of_ten_minutes_runs_once(host: Any) -> None:
    """Ten times as long as the connection waits for an answer."""
    with host() as one:
        done = one.play(_counted(TEN_MINUTES))

        assert done.returncode == 0, done.stdout
        assert _result(done)["stdout"] == "done"
        assert (one.home / "runs").read_text() == "run\n"
        assert one.jobs() == [], "a command leaves nothing"


def test_a_task_that_outlives_its_sessions_runs_once(host: Any) -> None:
    with host(Limits(idle=SCALED.idle, longest=12)) as one:
        done = one.play(_counted(TEN_MINUTES))

        assert done.returncode == 0, done.stdout
        assert (one.home / "runs").read_text() == "run\n"
        assert len(one.sessions.events("started")) >= 3


def test_a_throttled_session_is_started_again(host: Any) -> None:
    with host(Limits(idle=SCALED.idle, throttled=4)) as one:
        done = one.play({"ansible.builtin.command": "echo here"})

        assert _result(done)["stdout"] == "here"
        assert one.sessions.events("refused") == ["ThrottlingException"] * 4


def test_a_long_command_and_its_output_arrive_as_they_are(host: Any) -> None:
    """A terminal of the host takes lines of 4,095 characters, and turns line feeds into two characters."""
    with host() as one:
        done = one.play(
            {"ansible.builtin.raw": f"echo {'x' * 9000} | tr x '\\001'; head -c 300000 /dev/zero | tr '\\0' y"}
        )

        assert done.returncode == 0, done.stdout
        assert _result(done)["stdout"] == "\x01" * 9000 + "\n" + "y" * 300_000


def test_files_go_both_ways(host: Any, tmp_path: Path) -> None:
    (tmp_path / "unit").write_text("[Unit]\n" * 2000)
    with host() as one:
        done = one.play(
            {"ansible.builtin.copy": {"src": str(tmp_path / "unit"), "dest": str(one.home / "copied"), "mode": "0600"}},
            {"ansible.builtin.fetch": {"src": str(one.home / "copied"), "dest": f"{tmp_path}/back", "flat": True}},
        )

        assert done.returncode == 0, done.stdout
        assert (tmp_path / "back").read_text() == (tmp_path / "unit").read_text()


def test_a_command_that_is_killed_fails_so_that_a_rescue_runs(host: Any) -> None:
    killed = {"ansible.builtin.raw": "kill -9 $(cut -d' ' -f1 ~/.ansible/jobs/*/claim) $$"}
    with host() as one:
        done = one.play({"block": [killed], "rescue": [{"ansible.builtin.raw": "echo rescued > ~/rescued"}]})

        assert done.returncode == 0, done.stdout
        assert "was killed" in _result(done)["msg"]
        assert (one.home / "rescued").exists()


def test_a_host_without_an_agent_is_unreachable_and_says_why(host: Any) -> None:
    with host(ansible_aws_ssm_instance_id="i-gone", ansible_aws_ssm_retries=1) as one:
        done = one.play({"ansible.builtin.command": "echo here"})

        assert done.returncode == 4
        assert _result(done)["unreachable"]
        assert "TargetNotConnected" in _result(done)["msg"]


def test_a_session_that_ends_after_the_answer_does_not_fail_the_task() -> None:
    """A mock, because the time between the two is milliseconds."""

    def ended(_: bytes) -> None:
        raise BrokenPipeError

    plugin = loaded(ANSIBLE / "plugins" / "connection" / "session_manager.py")
    connection = SimpleNamespace(session_manager=SimpleNamespace(stdin_write=ended))

    plugin.Connection._forget(connection, "job")
