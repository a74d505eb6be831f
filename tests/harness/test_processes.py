"""A server that a test started ends with the tests, even if these are killed and cannot stop it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.processes import running
from tests.harness.waiting import eventually

pytestmark = pytest.mark.server

SERVER = """
from tests.harness.processes import running
started = running(["sleep", "600"], log)
"""
MEASURED = """
from tests.benchmarks.processes import running
started = running("shipped_app", [["python", "-c", "import time; time.sleep(600)"]], {}, log)
"""
START = """
import sys, time
from pathlib import Path
log = Path(sys.argv[1])
{starts}
with started as process:
    print(getattr(process, "pid", process), flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize("starts", [SERVER, MEASURED], ids=["a server", "a measured process"])
def test_a_server_ends_when_its_tests_are_killed(tmp_path: Path, starts: str) -> None:
    command = [sys.executable, "-c", START.format(starts=starts), str(tmp_path / "log")]
    tests = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert tests.stdout
    server = int(tests.stdout.readline().strip("[]\n"))
    # Of a parent that ends before it has asked to be told, it is not told (prctl(2)).
    eventually(lambda: is_running_itself(server), "the server itself")

    tests.send_signal(signal.SIGKILL)
    tests.wait(10)

    assert ended(server), "the server outlived the tests"


def test_a_server_is_stopped_at_the_end_of_its_block(tmp_path: Path) -> None:
    with running(["sleep", "600"], tmp_path / "log") as process:
        assert process.poll() is None

    assert process.poll() is not None


def is_running_itself(process: int) -> bool:
    """Whether what starts it has asked to be told and become it; while a process becomes another, it has no words."""
    words = Path(f"/proc/{process}/cmdline").read_bytes()
    return bool(words) and b"setpriv" not in words


def ended(process: int, seconds: float = 20) -> bool:
    """Return whether the process ends within this time. Its new parent may need a while to reap it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
