"""The benchmarked saq app: Redis, without results."""

import asyncio
import os
from typing import Any

from saq import Queue

from tests.benchmarks import counter

BATCH = 100

queue = Queue.from_url(os.environ["BENCHMARK_BROKER"])


async def noop(_context: Any) -> None:
    counter.hit()


settings = {"queue": queue, "functions": [noop], "concurrency": 100}


def send(task: str, count: int) -> None:
    """Fill the queue."""

    async def sending() -> None:
        await queue.connect()
        for start in range(0, count, BATCH):
            await asyncio.gather(*(queue.enqueue(task, ttl=-1) for _ in range(min(BATCH, count - start))))
        await queue.disconnect()

    asyncio.run(sending())
