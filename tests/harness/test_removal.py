"""What is made outside of a process is removed when the process ends: as planned, interrupted, or killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.removal import removed_at_the_end
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

KILLED = """
import sys, time
from tests.harness.removal import removed_at_the_end
with removed_at_the_end(["touch", sys.argv[1]]):
    print("made", flush=True)
    time.sleep(60)
"""


def test_the_commands_run_at_the_end_of_the_block(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with removed_at_the_end(["touch", str(first)], ["touch", str(second)]):
        assert not first.exists()

    assert first.exists()
    assert second.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_commands_run_although_the_process_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    removed = tmp_path / "removed"
    command = [sys.executable, "-c", KILLED, str(removed)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        assert not removed.exists()
        process.send_signal(number)

    eventually(removed.exists, "what removes")


def test_a_removal_that_fails_for_a_moment_is_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "busy"
    folder.mkdir()
    (folder / "file").touch()
    with removed_at_the_end(["sh", "-c", f"rmdir {folder} || ! rm {folder}/file"]):
        pass

    assert not folder.exists()


def test_a_removal_that_fails_is_an_error() -> None:
    with pytest.raises(AssertionError, match="cannot remove"), removed_at_the_end(["rm", "/nowhere/at/all"]):
        pass
