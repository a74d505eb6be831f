"""`make try` shows the demo's table, and whatever its end, what it started ends with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from local_containers.children import ended_with_parent

from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

# In the environment of each process that it starts: the temporary folder, one for each test.
VARIABLE = "TMPDIR"


@contextmanager
def trial(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`make try`, with its output and temporary files in `folder`."""
    variables = os.environ | {VARIABLE: str(folder), "PYTHONPATH": str(REPOSITORY)}
    command = [*ended_with_parent(), sys.executable, "-m", "tests.trial"]
    with subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def of(folder: Path) -> list[str]:
    """The processes that a trial in `folder` started and that still run. Valkey writes its title over its variables."""
    entry = f"{VARIABLE}={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            works_in = (process / "cwd").readlink()
            if entry in (process / "environ").read_bytes().split(b"\0") or works_in.is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def test_the_demo_succeeds_and_nothing_runs_on(tmp_path: Path) -> None:
    with trial(tmp_path) as process:
        printed, _ = process.communicate(timeout=300)

    assert process.returncode == 0, printed
    assert "Nothing lost, nothing duplicated" in printed
    assert any((tmp_path / "demo-output").iterdir())
    assert of(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_trial_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with trial(tmp_path) as process:
        assert process.stdout is not None
        eventually(lambda: len(of(tmp_path)) > 3, "the servers of the trial")
        process.send_signal(number)

        eventually(lambda: not of(tmp_path), f"the end of {of(tmp_path)}")
