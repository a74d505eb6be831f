"""Run a command on the monitoring host, as root, the way its `hosts.connection` says."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from typing import Any

from celery_platform.errors import TunnelError
from celery_platform.local_user import local_user
from celery_platform.release.cluster.account import asked
from celery_platform.tunnel.account import gate
from celery_platform.tunnel.plugin import found_plugin
from celery_platform.tunnel.session import systems_manager

Json = dict[str, Any]
DOCUMENT = "AWS-StartNonInteractiveCommand"
# Printed behind the command: of a session, the plugin does not say with which code its command ended.
DONE = "the command has ended well"
SECONDS = 60
CONTAINER = "containers.podman.podman"


def run_on_gate(resolved: Json, words: Sequence[str]) -> None:
    """Run a command on the monitoring host of an environment and wait for its end.

    AWS records the words of a session's command (CloudTrail), and what it prints where the account's preferences say
    so: they may hold no secret.

    Raises:
        TunnelError: there is no such host, no way to it, or the command failed.

    Example: `run_on_gate(resolved, ["systemctl", "is-active", "celery-console"])`
    """
    command = f"{shlex.join(words)} && echo {DONE}"
    if resolved["hosts"]["connection"] == CONTAINER:
        name = next(iter(resolved["monitoring_hosts"]))
        said = _said(["podman", "exec", name, "sh", "-c", command])
    else:
        said = _in_a_session(resolved, f"sudo {command}")
    if DONE not in said:
        raise TunnelError(
            f"`{words[0]}` to end well on the monitoring host of {resolved['name']}",
            " ".join(said.split())[-400:] or "no answer",
            "Look there: `systemctl status celery-console`.",
        )


def person_at_gate(resolved: Json) -> str:
    """Who runs commands there: the login of the account, or on this machine the user."""
    if resolved["hosts"]["connection"] == CONTAINER:
        return local_user()
    return str(asked("sts", "get_caller_identity")["Arn"])


def _in_a_session(resolved: Json, command: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    plugin, client, instance = found_plugin(), systems_manager(), gate(resolved)
    request = {"Target": instance, "DocumentName": DOCUMENT, "Parameters": {"command": [command]}}
    try:
        session = client.start_session(**request)
    except (BotoCoreError, ClientError) as error:
        remedy = f"Log in again (`aws sso login`), and see that you may ssm:StartSession with {DOCUMENT}."
        raise TunnelError(f"Session Manager to start a session on {instance}", str(error), remedy) from None
    words, variables = plugin.command(session, request, client.meta.region_name, client.meta.endpoint_url)
    return _said(words, variables)


def _said(words: Sequence[str], variables: dict[str, str] | None = None) -> str:
    """What a command prints, whichever code it ends with."""
    try:
        done = subprocess.run(
            words, env=os.environ | (variables or {}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:  # as text, it has the command, and so what the command is to print
        return f"no end within {SECONDS} s"
    except OSError as error:
        return str(error)
    return done.stdout
