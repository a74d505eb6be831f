"""A final failure is in the dead letter queue once, with its reason, and in a form that can be sent again."""

import json
from pathlib import Path
from typing import Any

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from exercises.slow import refuse
print(refuse.apply_async(("this", "it never was")).id)
"""
# Take all messages of the dead letter queue: another test may count what is there.
TAKE = """
import json
from pathlib import Path
from celery_platform.brokers import broker_of
from exercises.celery import celery
from celery_platform.settings import runtime
queue = broker_of(runtime()).dead_letter_queue(runtime().environment.queues["slow"])
with celery.connection_for_read() as connection:
    bound = queue(connection.channel())
    bound.declare()
    found = []
    while (message := bound.get()) is not None:
        found.append({"headers": dict(message.headers), "payload": message.payload})
        message.ack()
print(json.dumps(found))
"""


def test_a_final_failure_is_dead_lettered_once(environment: TestEnvironment) -> None:
    with environment.worker("cpu") as (_, log):
        task_id = environment.python(SEND)
        eventually(lambda: ends(log, "exercises.slow.refuse", task_id), "the failure")
        messages = eventually(lambda: _messages(environment, task_id), "the dead-lettered message", seconds=30)

    assert len(messages) == 1
    headers = messages[0]["headers"]
    assert headers["x-dead-letter-reason"].startswith("PermanentError: this cannot be done")
    assert "raise PermanentError" in headers["x-dead-letter-traceback"]
    assert headers["x-dead-letter-attempts"] == 1
    assert headers["x-dead-letter-queue"] == environment.resolved["queues"]["slow"]["name"]
    assert headers["task"] == "exercises.slow.refuse"
    assert headers["sent_at"] > 0
    assert messages[0]["payload"][0] == ["this", "it never was"]


def _messages(environment: TestEnvironment, task_id: str) -> list[dict[str, Any]]:
    return [message for message in json.loads(environment.python(TAKE)) if message["headers"]["id"] == task_id]


def test_a_task_ended_by_its_hard_time_limit_is_dead_lettered_once(
    environment: TestEnvironment, tmp_path: Path
) -> None:
    send = "from exercises.probe import endless;print(endless.apply_async(({!r},), soft_time_limit=1, time_limit=2).id)"
    with environment.worker("cpu") as (_, log):
        task_id = environment.python(send.format(str(tmp_path / "runs")))
        eventually(lambda: ends(log, "probe.endless", task_id), "the limit")
        (message,) = eventually(lambda: _messages(environment, task_id), "the dead-lettered message", seconds=30)

    assert message["headers"]["x-dead-letter-reason"] == "TimeLimitExceeded: TimeLimitExceeded(2,)"
    assert message["headers"]["sent_at"] > 0
    assert (tmp_path / "runs").read_text().count("\n") == 1
