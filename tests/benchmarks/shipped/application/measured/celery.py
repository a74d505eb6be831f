"""The application that is measured as shipped: the tasks that the other systems have, for each pool under a name of its
own, so that its route leads to the pool's queue.
"""

import asyncio
import time
from typing import Any

from celery import Celery, Task
from celery_platform import attach

from tests.benchmarks import counter

POOLS = ("prefork", "turbo", "threads", "gevent")
celery = attach(Celery("measured", set_as_current=True))


def noop() -> None:
    """Count."""
    counter.hit()


def add(left: int, right: int) -> int:
    """Count, and store a result."""
    counter.hit()
    return left + right


def wait() -> None:
    """Wait 10 ms, then count."""
    time.sleep(0.01)
    counter.hit()


def arrive(sent_at: float) -> None:
    """Count, and note how long the message took."""
    counter.arrived(sent_at)


async def wait_as_coroutine() -> None:
    """Wait 10 ms as a coroutine does, then count."""
    await asyncio.sleep(0.01)
    counter.hit()


for pool in POOLS:
    for function in (noop, add, wait, arrive):
        celery.task(name=f"{pool}.{function.__name__}", ignore_result=function is not add)(function)
celery.task(name="asyncio.wait", ignore_result=True)(wait_as_coroutine)


def task(pool: str, name: str) -> "Task[Any, Any]":
    """The task of this name on the queue of a pool.

    Example: `task("turbo", "noop").delay()`
    """
    found: Task[Any, Any] = celery.tasks[f"{pool}.{name}"]
    return found
