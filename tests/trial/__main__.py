"""`make try`: the example application on this machine in about a minute, without root and without containers.

An environment on loopback, as tests use it: the emulator's SQS, Secrets Manager, SSM and S3, a Valkey from a package,
the example's outside world, a worker for each pool. The demo runs against it, and everything is gone after. What
differs from `make up`: no Terraform, no hosts, no pods.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from tests.example.conftest import shop
from tests.example.outside import outside
from tests.harness import servers
from tests.harness.environment import Servers, TestEnvironment, prepare

OUTPUT = Path("demo-output")
READY_SECONDS = 60

out = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run it; the exit code is the demo's."""
    signal.signal(signal.SIGTERM, _stop)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="celery-try-")))
        with _step("an emulated AWS account and a Valkey on loopback"):
            environment = running.enter_context(_environment(folder))
        with _step(f"workers of the pools {', '.join(environment.resolved['pools'])}"):
            workers = [
                running.enter_context(environment.worker(pool, CELERY_LOG_FORMAT="console"))
                for pool in environment.resolved["pools"]
            ]
            for _process, log in workers:
                _await_ready(log)
        return _demo(environment)


@contextmanager
def _environment(folder: Path) -> Iterator[TestEnvironment]:
    (folder / "sqs").mkdir()
    store = servers.valkey(folder, program=servers.valkey_program())
    with store as port, servers.aws(folder) as account, outside() as services:
        made = Servers(account, "sqs://", f"redis://127.0.0.1:{port}/1", shop(services))
        yield prepare("sqs", folder / "sqs", made)


def _await_ready(log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while " ready" not in log.read_text():
        if time.monotonic() > deadline:
            sys.exit(f"expected a worker that is ready within {READY_SECONDS} s; found:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _demo(environment: TestEnvironment) -> int:
    command = [sys.executable, "-m", "celery_platform", "run", "--", "python", "-m", "shop", "demo"]
    return subprocess.run([*command, "--output", str(OUTPUT)], env=environment.variables, check=False).returncode


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    out.print(f"starting {what} ...", end=" ")
    yield
    out.print(f"{time.monotonic() - began:.1f} s")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main())
