"""A worker with a backlog keeps its slots busy, although its other queues are empty."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

TASKS, SLOTS = 16, 2
SEND = "from exercises import probe\nfor _ in range({tasks}): print(probe.slow.delay({file!r}, 1).id)"


# Of the other pairs, whose event loop is told of free slots, the lowest share was 0.88.
WITHOUT_EVENT_LOOP = [
    ("rabbitmq", "gevent"), ("sqs", "gevent"), ("redis", "gevent"), ("sqs", "threads"), ("sqs", "asyncio")
]  # fmt: skip


@pytest.mark.parametrize(("broker", "pool"), WITHOUT_EVENT_LOOP)
def test_a_backlog_in_one_queue_keeps_nearly_every_slot_busy(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    pools = {"io": {"type": pool, "concurrency": SLOTS, "prefetch_multiplier": 1}}
    variant = environment.variant(tmp_path, pools=pools)
    assert len(variant.resolved["pools"]["io"]["queues"]) > 1
    with variant.worker("io") as (_, log):
        sent = set(variant.python(SEND.format(tasks=TASKS, file=str(tmp_path / "ran"))).split())

        def ended() -> list[tuple[float, float]]:
            """When each of our tasks ended and how long it took; the queue may hold messages of other tests."""
            ours = [end for end in ends(log, "probe.slow") if end["task_id"] in sent]
            return [(datetime.fromisoformat(end["timestamp"]).timestamp(), end["duration_ms"] / 1_000) for end in ours]

        eventually(lambda: len(ended()) >= TASKS, f"every task: {log}", 90)
    span = max(at for at, _ in ended()) - min(at - seconds for at, seconds in ended())

    # It was 0.32 on SQS and 0.53 on Redis.
    assert sum(seconds for _, seconds in ended()) / (span * SLOTS) > 0.7
