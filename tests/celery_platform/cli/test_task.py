"""`app task`: a task that runs, one that ended, one that is dead-lettered, and one that nobody knows."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.celery_platform.dead_letters.dead_lettered import EMPTY
from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from exercises import probe
from exercises.quick import double
print(double.delay(21).id, probe.slow.delay({file!r}, 30).id, probe.second.delay({{}}, "file").id)
"""


@pytest.fixture
def emptied(environment: TestEnvironment) -> Iterator[None]:
    environment.python(EMPTY)
    yield
    environment.python(EMPTY)


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_a_task_is_known_while_it_runs_when_it_ended_and_when_it_failed(
    environment: TestEnvironment, tmp_path: Path
) -> None:
    file = tmp_path / "ran"
    with environment.worker("io"):
        done, runs, failed = environment.python(SEND.format(file=str(file))).split()
        eventually(file.exists, "the slow task")
        time.sleep(3)  # until the worker says so again
        # The one that runs first, before it ends: reading a dead letter queue of SQS takes seconds.
        (_, words), (_, of_runs), (_, of_done), (_, of_failed), (code, nothing) = commands(
            environment,
            f"task {runs}",
            *(f"task --json {each}" for each in (runs, done, failed)),
            f"task {uuid.uuid4()}",
        )
    ended, running, dead = json.loads(of_done), json.loads(of_runs), json.loads(of_failed)

    assert (ended["state"], ended["result"], ended["dead_letters"]) == ("SUCCESS", 42, [])
    assert (running["running"]["task"], running["running"]["queue"]) == ("probe.slow", "quick")
    assert [each["reason"] for each in dead["dead_letters"]] == ["KeyError: 'number'"]
    assert (code, nothing.startswith("nothing is known of it")) == (1, True)
    assert words.startswith("probe.slow has run for")
