"""How a turbo process ends, on each broker: what it had taken and not done waits for no visibility timeout."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import judge

from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter, interpreter
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

# Shorter than any visibility timeout here, of which SQS has the shortest: 30 s.
SOON_SECONDS = 25
WAITING = 6


@pytest.fixture
def turbo(environment: TestEnvironment, tmp_path: Path) -> TestEnvironment:
    """One process, with room for all that is sent."""
    return environment.variant(tmp_path, pools={"io": {"type": "turbo", "concurrency": 1, "prefetch_multiplier": 16}})


@pytest.fixture(scope="module")
def producers() -> Iterator[Callable[[TestEnvironment], Interpreter]]:
    """A producer for each broker, which all tests share."""
    made: dict[str, Interpreter] = {}
    with ExitStack() as stack:

        def producer(environment: TestEnvironment) -> Interpreter:
            if environment.kind not in made:
                made[environment.kind] = stack.enter_context(interpreter(environment))
            return made[environment.kind]

        yield producer


@pytest.fixture
def producer(environment: TestEnvironment, producers: Callable[[TestEnvironment], Interpreter]) -> Interpreter:
    """The one of the test's broker."""
    return producers(environment)


def send(producer: Interpreter, *calls: str) -> None:
    """Calls of tasks of probe.py, in this order."""
    producer.python("from exercises import probe\n" + "\n".join(f"probe.{call}" for call in calls))


def ready(heartbeat: Path) -> None:
    eventually(lambda: judge("readiness", str(heartbeat))[0], "readiness", 90)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_tasks_acknowledged_early_run(turbo: TestEnvironment, producer: Interpreter, tmp_path: Path) -> None:
    file = tmp_path / "ran"
    send(producer, *[f"early.delay({str(file)!r})"] * 12)

    with short_polls(turbo) as quick, quick.worker("io") as (_, log):
        eventually(lambda: len(lines(file)) == 12, f"every task; {log}", 60)
        assert "Traceback" not in log.read_text()


def test_a_hard_limit_holds_up_nothing_behind_it(turbo: TestEnvironment, producer: Interpreter, tmp_path: Path) -> None:
    hung, ran, heartbeat = tmp_path / "hung", tmp_path / "ran", tmp_path / "heartbeat"
    send(producer, f"hang.apply_async(({str(hung)!r},), time_limit=2)", *[f"due.delay({str(ran)!r})"] * WAITING)

    with short_polls(turbo) as quick, quick.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (_, log):
        eventually(lambda: lines(hung), f"the task that hangs; {log}", 60)
        eventually(lambda: len(lines(ran)) == WAITING, f"what was behind it; {log}", SOON_SECONDS)

        assert lines(hung) == ["begins"], "it was settled, so it does not come again"


def test_a_stop_without_time_gives_back_all_that_was_taken(
    turbo: TestEnvironment, producer: Interpreter, tmp_path: Path
) -> None:
    held, ran, heartbeat, end = (tmp_path / name for name in ("held", "ran", "heartbeat", "end"))
    send(producer, f"held.delay({str(held)!r}, {str(end)!r})", *[f"due.delay({str(ran)!r})"] * WAITING)

    with turbo.worker("io", CELERY_STOP_TIMEOUT="6") as (process, log):
        eventually(lambda: lines(held), f"the long task; {log}", 60)
        process.terminate()
        assert process.wait(30) == 0
        assert "giving back probe.held" in log.read_text()
    assert lines(ran) == []
    end.touch()
    with short_polls(turbo) as quick, quick.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (_, log):
        ready(heartbeat)
        eventually(lambda: lines(held).count("begins") == 2, f"the long task again; {log}", SOON_SECONDS)
        eventually(lambda: len(lines(ran)) == WAITING, f"what was behind it; {log}", SOON_SECONDS)
