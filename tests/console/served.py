"""`app console` as a person starts it."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running, wait_for_port
from tests.harness.waiting import eventually

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/sign-in\?token=[\w-]+")


@dataclass(frozen=True)
class Served:
    """A running console. `sign_in` is the address that it printed; `pid` its process."""

    base: str
    sign_in: str
    pid: int
    log: Path


@contextmanager
def served(environment: TestEnvironment, folder: Path, *options: str) -> Iterator[Served]:
    """Run `app console` of an environment on a free port."""
    port, log = free_port(), folder / f"console-{os.urandom(3).hex()}.log"
    command = [sys.executable, "-m", "celery_platform", "console", "--port", str(port),
               "--audit-log", str(folder / "audit.jsonl"), *options]  # fmt: skip
    with running(command, log, environment.variables | {"COLUMNS": "300"}) as process:
        wait_for_port(port, process, log)
        found = eventually(lambda: ADDRESS.search(log.read_text()), "its address")
        yield Served(f"http://127.0.0.1:{port}", found[0], process.pid, log)
