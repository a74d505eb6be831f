"""A worker that crashes has an exit code other than 0."""

import subprocess
import sys

CRASH = """
from celery import Celery, bootsteps
from celery_platform.guards.exit_code import run_worker

class Crash(bootsteps.StartStopStep):
    def start(self, _worker):
        raise RuntimeError("on purpose")

app = Celery(broker="memory://")
app.steps["worker"].add(Crash)
options = ["worker", "--pool=solo"]
"""


def code_of(run: str) -> int:
    ended = subprocess.run([sys.executable, "-c", CRASH + run], capture_output=True, text=True, timeout=60, check=False)
    assert "Unrecoverable error: RuntimeError('on purpose')" in ended.stderr
    return ended.returncode


def test_a_crashed_worker_ends_with_its_code() -> None:
    assert code_of("raise SystemExit(run_worker(app, options))") == 1


def test_without_the_guard_a_crashed_worker_ends_with_0() -> None:
    what = "if Celery returns the code now, remove app/celery_platform/guards/exit_code.py"
    assert code_of("raise SystemExit(app.worker_main(options))") == 0, what
