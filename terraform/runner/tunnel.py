"""A temporary connection into the VPC: Systems Manager forwards a local port through one of the hosts."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from runner.errors import RunError

OPEN_SECONDS = 30
DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"


def reachable(host: str, port: int) -> bool:
    """Whether this machine can connect to an address directly, inside the VPC or over a VPN."""
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False


@contextmanager
def tunnel(instance: str, host: str, port: int) -> Iterator[int]:
    """Forward a free local port to `host:port` through the EC2 instance `instance`. Yields the local port.

    Raises:
        RunError: AWS's session-manager-plugin is not installed, or the session did not open.
    """
    plugin = shutil.which("session-manager-plugin")
    if plugin is None:
        remedy = 'install it (AWS, "Install the Session Manager plugin"), or run this inside the VPC'
        raise RunError("session-manager-plugin on the PATH", "none", remedy)
    local = free_port()
    client = boto3.client("ssm")
    request = session_request(instance, host, port, local)
    session = client.start_session(**request)
    command = plugin_command(plugin, session, client.meta.region_name, request, client.meta.endpoint_url)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_open(process, local)
        yield local
    finally:
        process.terminate()
        process.wait(10)
        client.terminate_session(SessionId=session["SessionId"])


def session_request(instance: str, host: str, port: int, local: int) -> dict[str, object]:
    """The parameters of StartSession."""
    parameters = {"host": [host], "portNumber": [str(port)], "localPortNumber": [str(local)]}
    return {"Target": instance, "DocumentName": DOCUMENT, "Parameters": parameters}


def plugin_command(
    plugin: str, session: dict[str, object], region: str, request: dict[str, object], endpoint: str
) -> list[str]:
    """The plugin's command line, as the AWS CLI calls it (no profile, because the session has the credentials)."""
    answer = {key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")}
    return [plugin, json.dumps(answer), region, "StartSession", "", json.dumps(request), endpoint]


def free_port() -> int:
    """A free local port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(process: subprocess.Popen[str], local: int) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            errors = process.stderr.read().strip() if process.stderr else ""
            raise RunError("a Systems Manager session to open", errors or "the plugin ended", "check the host's agent")
        if reachable("127.0.0.1", local):
            return
        time.sleep(0.3)
    raise RunError("a Systems Manager session to open", f"nothing in {OPEN_SECONDS} s", "check the host's agent")
