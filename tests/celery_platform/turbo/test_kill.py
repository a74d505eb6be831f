"""Processes that are killed at any moment: nothing is lost, and little is repeated.

Takes minutes, so it runs when asked: TURBO_KILL_TASKS=100000 pytest tests/celery_platform/turbo/test_kill.py
"""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from celery_platform.publishing import publish_many
from celery_platform.transports.turn import ACKS_PER_WRITE

from tests.celery_platform.turbo.harness.bench import Bench

TASKS = int(os.environ.get("TURBO_KILL_TASKS", "0"))
PROCESSES = 2

pytestmark = pytest.mark.skipif(not TASKS, reason="takes minutes: TURBO_KILL_TASKS=100000 says over how many tasks")


def children(process_id: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]


def test_kills_at_random_moments_lose_nothing_and_repeat_no_more_than_the_window(bench: Bench, where: str) -> None:
    publish_many(bench.work.record, [((where, number), {}) for number in range(TASKS)])
    kills, chance = 0, random.Random(TASKS)  # noqa: S311 - the same kills each time
    with bench.worker(PROCESSES) as (process, _):
        deadline = time.monotonic() + max(120, TASKS / 100)
        while bench.store.llen(where) < TASKS or bench.waiting(bench.work.QUEUE):
            assert time.monotonic() < deadline, f"{bench.store.llen(where)} runs of {TASKS} tasks"
            time.sleep(chance.uniform(0.1, 1.5))
            alive = children(process.pid)
            if alive and bench.store.llen(where) < TASKS * 0.9:
                os.kill(chance.choice(alive), signal.SIGKILL)
                kills += 1
        time.sleep(2)

    runs = Counter(bench.list_(where))
    assert len(runs) == TASKS, "tasks were lost"
    assert kills >= 3
    # A killed process had acknowledged all but what is sent with one write, and was in one task.
    assert sum(runs.values()) - TASKS <= kills * (ACKS_PER_WRITE + 1)
    # With a task's effect kept once for each id, as `idempotent` does, that is all there is to see of it.
    assert set(map(int, runs)) == set(range(TASKS))
