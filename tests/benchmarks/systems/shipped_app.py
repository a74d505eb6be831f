"""The application of `tests/benchmarks/shipped`, with the tasks of the pool that BENCHMARK_POOL names."""

import os
import time
from functools import partial
from typing import Any

from celery_platform.publishing import publish_many
from measured.celery import task

of_pool = partial(task, os.environ["BENCHMARK_POOL"])


def send(task: str, count: int, *args: Any) -> None:
    """Fill the queue; not what is measured."""
    publish_many(of_pool(task), [(args, {})] * count)


def send_evenly(count: int, per_second: float) -> None:
    """Publish `arrive` at a constant rate."""
    due = time.perf_counter()
    for _ in range(count):
        due += 1 / per_second
        time.sleep(max(0, due - time.perf_counter()))
        of_pool("arrive").delay(time.time())
