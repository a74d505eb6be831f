"""`app why`: what takes a queue's slots, what runs now, and when it is empty; on each kind of broker."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SLOW = "from exercises import probe\nfor _ in range({count}): probe.slow.delay({file!r}, 1)"
TASKS = 70
# Other tests of the last ten minutes ran tasks from the same queue.
FORGET = """
import time
from celery_platform.observability.work import bucket_of, work_key
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
now = bucket_of(time.time())
valkey().delete(*(work_key(runtime().environment.prefix, now - ago) for ago in range(4)))
"""


@pytest.mark.server
@pytest.mark.parametrize(
    ("broker", "pool"), [("managed_rabbitmq", "prefork"), ("sqs", "threads"), ("redis", "turbo"), ("sqs", "gevent")]
)
def test_a_late_queue_says_which_task_takes_its_slots_and_when_it_is_empty(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    file = tmp_path / "ran"
    # Two tasks that end together leave both slots of a gevent pool free until SQS answers, unless others are held.
    held = 2 if pool == "gevent" else 1
    variant = environment.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": held}})
    with variant.worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        variant.python(FORGET)
        began = time.time()
        variant.python(SLOW.format(count=TASKS, file=str(file)))
        # RabbitMQ's management API counts anew every five seconds; until then, what was sent before still comes in.
        eventually(lambda: file.exists() and file.read_text().count("ends") >= 12, "the first tasks")
        answer = while_both_run(variant)
        answered = time.time()
        text = variant.app("why", "quick", "--seconds", "1").stdout
        variant.app("queue", "pause", "quick", "--reason", "a test")
        paused = variant.app("why", "quick", "--seconds", "1").stdout
        variant.app("queue", "resume", "quick")
        eventually(lambda: file.read_text().count("ends") == TASKS, f"every task; {log.read_text()[-2000:]}")
    (io,), top = answer["pools"], answer["tasks"][0]

    assert answer["problems"] == []
    assert 0 < answer["backlog"] < TASKS
    assert (io["workers"], io["slots"], io["busy"]) == (1, 2, 2)
    assert (top["task"], top["share"] > 0.9, 1 <= top["mean_seconds"] < 2) == ("probe.slow", True, True)
    assert {each["task"] for each in answer["running"]} == {"probe.slow"}
    assert all(began <= each["since"] <= answered for each in answer["running"])
    assert 0.5 <= answer["rate_out"] <= 2.5
    assert answer["drained_in_seconds"] is not None
    assert answer["reasons"][0].startswith("All slots are busy (2 of 2 slots): probe.slow takes")
    assert "probe.slow" in text
    assert paused.startswith("It has been paused for")
    assert "a test" in paused


def while_both_run(variant: TestEnvironment) -> Any:
    """What it answers; asked again if a slot was free for the moment between two tasks."""
    for _ in range(2):
        asked = variant.app("why", "quick", "--json")
        assert asked.returncode == 0, asked.stdout + asked.stderr
        answer = json.loads(asked.stdout)
        if answer["pools"][0]["busy"] == 2:
            break
    return answer
