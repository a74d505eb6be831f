"""Run the stand-in beside a test."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.harness.processes import free_port, running, wait_for_port
from tests.harness.servers import REPOSITORY
from tests.harness.session_manager.sessions import Limits

PROGRAM = f"""#!/bin/sh
PYTHONPATH={REPOSITORY} exec {sys.executable} -m tests.harness.session_manager.plugin "$@"
"""


@dataclass(frozen=True)
class SessionManager:
    """The stand-in that runs. With `variables`, a process finds it and the plugin."""

    endpoint: str
    log: Path
    programs: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def events(self, kind: str) -> list[str]:
        """What happened so far: sessions `started`, `ended` and `terminated`, and calls and connections `refused`."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [about for what, about in map(json.loads, lines) if what == kind]


@contextmanager
def session_manager(
    folder: Path,
    account: str,
    hosts: Mapping[str, Sequence[str]],
    *,
    routes: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Iterator[SessionManager]:
    """Run it on loopback, in front of the emulated account at `account`.

    Args:
        folder: for its files.
        account: the endpoint of the account.
        hosts: the instances whose agent is connected, each with the command of a shell on that host.
        routes: where an address of the VPC really is, as `host:port`.
        limits: AWS's, scaled as the test needs it.
    """
    port, log, programs = free_port(), folder / "sessions.jsonl", folder / "programs"
    programs.mkdir()
    program = programs / "session-manager-plugin"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    description = folder / "session_manager.json"
    described = {"port": port, "account": account, "log": str(log), "limits": asdict(limits or Limits())}
    description.write_text(json.dumps(described | {"hosts": hosts, "routes": routes or {}}))
    command = [sys.executable, "-m", "tests.harness.session_manager.service", str(description)]
    output = folder / "session_manager.log"
    with running(command, output, os.environ | {"PYTHONPATH": str(REPOSITORY)}) as process:
        wait_for_port(port, process, output)
        endpoint = f"http://127.0.0.1:{port}"
        variables = {"AWS_ENDPOINT_URL": endpoint, "PATH": f"{programs}:{os.environ['PATH']}"}
        yield SessionManager(endpoint, log, programs, variables)
