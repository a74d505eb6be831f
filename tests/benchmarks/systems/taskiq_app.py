"""Taskiq as benchmarked: its own defaults."""

import asyncio
import os
import time
from typing import Any

from tests.benchmarks import counter

BROKER, QUEUE_TYPE = os.environ["BENCHMARK_BROKER"], os.environ.get("BENCHMARK_QUEUE", "classic")
AT_ONCE = 100


def made() -> Any:
    if BROKER.startswith("redis"):
        from taskiq_redis import ListQueueBroker

        return ListQueueBroker(BROKER)
    from taskiq_aio_pika import AioPikaBroker, Queue, QueueType

    return AioPikaBroker(
        BROKER, qos=100, task_queues=[Queue(name=f"taskiq-{QUEUE_TYPE}", type=QueueType[QUEUE_TYPE.upper()])]
    )


broker = made()


@broker.task(task_name="noop")
async def noop() -> None:
    counter.hit()


@broker.task(task_name="wait")
async def wait() -> None:
    await asyncio.sleep(0.01)
    counter.hit()


@broker.task(task_name="arrive")
async def arrive(sent_at: float) -> None:
    counter.arrived(sent_at)


def send(task: str, count: int) -> None:
    """Fill the queue, a hundred at a time."""

    async def sending() -> None:
        await broker.startup()
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(globals()[task].kiq() for _ in range(min(AT_ONCE, count - start))))
        await broker.shutdown()

    asyncio.run(sending())


def send_evenly(count: int, per_second: float) -> None:
    """Send `arrive` at an even rate."""

    async def sending() -> None:
        await broker.startup()
        due = time.perf_counter()
        for _ in range(count):
            due += 1 / per_second
            await asyncio.sleep(max(0, due - time.perf_counter()))
            await arrive.kiq(time.time())
        await broker.shutdown()

    asyncio.run(sending())
