"""Run `terraform/run.py` as a person does, with environments, an account and a state folder of the test's own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.environment.render import write

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "terraform"))


@dataclass(frozen=True)
class Runner:
    """Where a test's environments and state are. `run` gives the finished process, output and errors together."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The process environment, without anybody's credentials."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))},
            "HOME": str(self.folder),
            "ENVIRONMENTS": str(self.folder / "environments"),
            "STATE_FOLDER": str(self.folder / "state"),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'environments' / 'local'}",
        }

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "terraform/run.py", *arguments],
            cwd=ROOT,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def set_kind(self, environment: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The one-line switch, and rendering, as a person would."""
        file = self.folder / "environments" / environment / "environment.yml"
        lines = [f"  kind: {kind}" if line.startswith("  kind: ") else line for line in file.read_text().splitlines()]
        file.write_text("\n".join(lines) + "\n")
        monkeypatch.setenv("ENVIRONMENTS", str(self.folder / "environments"))
        write([environment])


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    shutil.copytree(
        ROOT / "environments", tmp_path / "environments", ignore=shutil.ignore_patterns("region", "__pycache__")
    )
    return Runner(tmp_path)


@pytest.fixture
def emulator(runner: Runner) -> Iterator[Callable[[], None]]:
    """Start the emulated account where the test's local environment expects it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = runner.folder / "environments" / "local" / "aws" / "config"
    config.write_text(config.read_text().replace(":4566", f":{port}"))
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        variables = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_REGION": "eu-west-1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "region.emulator"],
            env=runner.variables | variables | {"REDIS_HOST": "10.90.0.11", "TMPDIR": str(runner.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=runner.folder,
        )
        started.append(process)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2).close()
            except OSError:
                assert process.poll() is None, "the emulator ended"
                time.sleep(0.2)
            else:
                return
        pytest.fail("the emulator does not answer")

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
