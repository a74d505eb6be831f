"""`app task`: a task that runs, one that ended, one that is dead-lettered, and one that nobody knows."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.celery_platform.dead_letters.dead_lettered import emptied
from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

SEND = """
from exercises import probe
from exercises.quick import double
print(double.delay(21).id, probe.held.delay({file!r}, {end!r}).id, probe.second.delay({{}}, "file").id)
"""


@pytest.fixture
def code(environment: TestEnvironment) -> Iterator[Interpreter]:
    with emptied(environment) as code:
        yield code


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_a_task_is_known_while_it_runs_when_it_ended_and_when_it_failed(
    environment: TestEnvironment, code: Interpreter, tmp_path: Path
) -> None:
    file, end = tmp_path / "ran", tmp_path / "end"
    with short_polls(environment) as quick, quick.worker("io"):
        done, runs, failed = code.python(SEND.format(file=str(file), end=str(end))).split()
        eventually(file.exists, "the task that runs")
        time.sleep(3)  # until the worker says so again
        # The one that runs first, before its time limit: reading a dead letter queue of SQS takes seconds.
        (_, words), (_, of_runs), (_, of_done), (_, of_failed), (exit_code, nothing) = commands(
            code,
            f"task {runs}",
            *(f"task --json {each}" for each in (runs, done, failed)),
            f"task {uuid.uuid4()}",
        )
        end.touch()
    ended, running, dead = json.loads(of_done), json.loads(of_runs), json.loads(of_failed)

    assert (ended["state"], ended["result"], ended["dead_letters"]) == ("SUCCESS", 42, [])
    assert (running["running"]["task"], running["running"]["queue"]) == ("probe.held", "quick")
    assert [each["reason"] for each in dead["dead_letters"]] == ["KeyError: 'number'"]
    assert (exit_code, nothing.startswith("nothing is known of it")) == (1, True)
    assert words.startswith("probe.held has run for")
    assert [step["what"] for step in running["steps"]] == ["began"]
    assert [step["what"] for step in ended["steps"]] == ["sent", "began", "succeeded"]
    assert [step["what"] for step in dead["steps"]] == ["sent", "began", "failed", "dead_lettered"]
    failure = dead["steps"][2]
    assert (failure["error"], failure["attempt"]) == ("KeyError: 'number'", 1)
    assert failure["worker"].startswith("io-")
