"""How a turbo process ends, on each broker: what it had taken and not done waits for no visibility timeout."""

from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import judge

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

# Shorter than any visibility timeout here, of which SQS has the shortest: 30 s.
SOON_SECONDS = 25
WAITING = 6


@pytest.fixture
def turbo(environment: TestEnvironment, tmp_path: Path) -> TestEnvironment:
    """One process, with room for all that is sent."""
    return environment.variant(tmp_path, pools={"io": {"type": "turbo", "concurrency": 1, "prefetch_multiplier": 16}})


def send(environment: TestEnvironment, *calls: str) -> None:
    """Calls of tasks of probe.py, in this order."""
    code = "from exercises import probe\n" + "\n".join(f"probe.{call}" for call in calls)
    environment.python(code)


def ready(heartbeat: Path) -> None:
    eventually(lambda: judge("readiness", str(heartbeat))[0], "readiness", 90)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_tasks_acknowledged_early_run(turbo: TestEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "ran"
    send(turbo, *[f"early.delay({str(file)!r})"] * 12)

    with turbo.worker("io") as (_, log):
        eventually(lambda: len(lines(file)) == 12, f"every task; {log}", 60)
        assert "Traceback" not in log.read_text()


def test_a_hard_limit_holds_up_nothing_behind_it(turbo: TestEnvironment, tmp_path: Path) -> None:
    hung, ran, heartbeat = tmp_path / "hung", tmp_path / "ran", tmp_path / "heartbeat"
    send(turbo, f"hang.apply_async(({str(hung)!r},), time_limit=2)", *[f"due.delay({str(ran)!r})"] * WAITING)

    with turbo.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (_, log):
        eventually(lambda: lines(hung), f"the task that hangs; {log}", 60)
        eventually(lambda: len(lines(ran)) == WAITING, f"what was behind it; {log}", SOON_SECONDS)

        assert lines(hung) == ["begins"], "it was settled, so it does not come again"


def test_a_stop_without_time_gives_back_all_that_was_taken(turbo: TestEnvironment, tmp_path: Path) -> None:
    slow, ran, heartbeat = tmp_path / "slow", tmp_path / "ran", tmp_path / "heartbeat"
    send(turbo, f"slow.delay({str(slow)!r}, 12)", *[f"due.delay({str(ran)!r})"] * WAITING)

    with turbo.worker("io", CELERY_STOP_TIMEOUT="6") as (process, log):
        eventually(lambda: lines(slow), f"the long task; {log}", 60)
        process.terminate()
        assert process.wait(30) == 0
        assert "giving back probe.slow" in log.read_text()
    assert lines(ran) == []
    with turbo.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (_, log):
        ready(heartbeat)
        eventually(lambda: lines(slow).count("begins") == 2, f"the long task again; {log}", SOON_SECONDS)
        eventually(lambda: len(lines(ran)) == WAITING, f"what was behind it; {log}", SOON_SECONDS)
