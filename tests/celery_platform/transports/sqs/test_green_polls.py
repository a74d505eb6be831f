"""A green worker on SQS, which polls its queues one after another."""

from pathlib import Path

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

TASKS = 30
SEND = f"""
from exercises.slow import refuse
for _ in range({TASKS}):
    refuse.delay("this", "it never was")
"""


def test_an_empty_queue_does_not_hold_up_the_other(sqs: TestEnvironment, tmp_path: Path) -> None:
    variant = sqs.variant(tmp_path, pools={"cpu": {"type": "gevent", "concurrency": 2}})
    assert len(variant.resolved["pools"]["cpu"]["queues"]) == 2
    with variant.worker("cpu") as (_, log):
        variant.python(SEND)

        # A long poll of the empty queue for every two tasks would take 150 s.
        eventually(lambda: log.read_text().count("task failed") >= TASKS, f"all tasks: {log}", 75)
