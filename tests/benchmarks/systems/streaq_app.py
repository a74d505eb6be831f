"""The benchmarked streaq app: Redis, without results."""

import asyncio
import os

from streaq import Worker

from tests.benchmarks import counter

BATCH = 1_000

worker = Worker(redis_url=os.environ["BENCHMARK_BROKER"])


@worker.task(ttl=0)
async def noop() -> None:
    counter.hit()


def send(task: str, count: int) -> None:
    """Fill the queue."""

    async def sending() -> None:
        async with worker:
            for start in range(0, count, BATCH):
                await worker.enqueue_many([globals()[task].enqueue() for _ in range(min(BATCH, count - start))])

    asyncio.run(sending())
