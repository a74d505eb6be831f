"""A task that succeeds does not wait for the store to count it: what a worker counts is sent together."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

TASKS = 500
SEND = """
import sys
from celery_platform.publishing import publish_many
from exercises.quick import double
publish_many(double, [((1,), {})] * int(sys.argv[1]), ignore_result=True)
"""


@pytest.mark.parametrize("pool_type", ["prefork", "turbo"])
def test_a_task_costs_far_less_than_one_command_of_the_store(
    rabbitmq: TestEnvironment, tmp_path: Path, pool_type: str
) -> None:
    variant = rabbitmq.variant(tmp_path, pools={"io": {"type": pool_type, "concurrency": 1}})
    store = Redis.from_url(rabbitmq.valkey_url)
    key = f"{rabbitmq.resolved['prefix']}:counts:{datetime.now(UTC).date()}"

    def counted() -> int:
        return int(store.hget(key, "quick:succeeded") or 0)

    def commands() -> int:
        return int(store.info("commandstats").get("cmdstat_hincrby", {"calls": 0})["calls"])

    with variant.worker("io") as (_, log):
        before, asked = counted(), commands()
        variant.python(SEND, str(TASKS))
        eventually(lambda: counted() == before + TASKS, f"all tasks, each counted once; {log}", 120)

        assert commands() - asked <= TASKS / 4
