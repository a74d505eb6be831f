"""A worker with a backlog keeps its slots busy, although its other queues are empty."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

TASKS, SLOTS = 16, 2
SEND = "from exercises import probe\nfor _ in range({tasks}): probe.slow.delay({file!r}, 1)"


def ended(log: Path) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [event for event in events if event["event"] == "task succeeded"]


# Of the other pairs, whose event loop is told of free slots, the lowest share was 0.88.
WITHOUT_EVENT_LOOP = [("rabbitmq", "gevent"), ("sqs", "gevent"), ("redis", "gevent"), ("sqs", "threads")]


@pytest.mark.parametrize(("broker", "pool"), WITHOUT_EVENT_LOOP)
def test_a_backlog_in_one_queue_keeps_nearly_every_slot_busy(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    pools = {"io": {"type": pool, "concurrency": SLOTS, "prefetch_multiplier": 1}}
    variant = environment.variant(tmp_path, pools=pools)
    assert len(variant.resolved["pools"]["io"]["queues"]) > 1
    with variant.worker("io") as (_, log):
        variant.python(SEND.format(tasks=TASKS, file=str(tmp_path / "ran")))
        eventually(lambda: len(ended(log)) == TASKS, f"every task: {log}", 90)
    ends = [(datetime.fromisoformat(each["timestamp"]).timestamp(), each["duration_ms"] / 1_000) for each in ended(log)]
    span = max(at for at, _ in ends) - min(at - seconds for at, seconds in ends)

    # It was 0.32 on SQS and 0.53 on Redis.
    assert sum(seconds for _, seconds in ends) / (span * SLOTS) > 0.7
