"""`app send --wait` prints what became of the task, from the result store of a real environment."""

import json

import pytest

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually


@pytest.mark.parametrize("environment", ["rabbitmq", "redis"], indirect=True)
def test_the_result_and_the_failure_are_printed(environment: TestEnvironment) -> None:
    with environment.worker("io") as (_, log), environment.worker("cpu") as (_, other):
        eventually(lambda: all(" ready" in each.read_text() for each in (log, other)), "two workers")
        done, done_json, failed, failed_json = commands(
            environment,
            "send double '[21]' --wait 20",
            "send double '[21]' --wait 20 --json",
            'send slow.refuse \'["a","b"]\' --wait 20',
            'send slow.refuse \'["a","b"]\' --wait 20 --json',
        )

    assert (done[0], done[1].splitlines()[-1]) == (0, "42")
    said = json.loads(done_json[1])
    assert (done_json[0], said["state"], said["result"]) == (0, "SUCCESS", 42)
    assert (failed[0], failed[1].splitlines()[-1]) == (1, "failed: PermanentError: a cannot be done: b")
    said = json.loads(failed_json[1])
    assert (failed_json[0], said["state"], "result" in said) == (1, "FAILURE", False)


def test_a_task_that_nobody_runs_is_said_after_the_time_and_stays_sent(sqs: TestEnvironment) -> None:
    ((code, said),) = commands(sqs, "send double '[21]' --wait 1")

    assert code == 1
    assert said.splitlines()[0].startswith("sent exercises.quick.double to ")
    assert said.splitlines()[-1] == "no result within 1 s; its state is PENDING"


def test_a_task_without_a_result_is_not_sent_to_be_waited_for(sqs: TestEnvironment) -> None:
    run = sqs.app("send", "note", '["key", "text"]', "--wait", "5")

    assert run.returncode == 2, run.stdout
    assert "a task that keeps its result, to wait for exercises.quick.note" in " ".join(run.stdout.split())
    assert "sent " not in run.stdout
