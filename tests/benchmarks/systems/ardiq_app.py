"""The benchmarked ardiq app: Redis, without results."""

import asyncio
import os

from ardiq import Ardiq

from tests.benchmarks import counter

BATCH = 1_000

app = Ardiq(os.environ["BENCHMARK_BROKER"])


@app.task
async def noop() -> None:
    counter.hit()


def send(task: str, count: int) -> None:
    """Fill the queue."""

    async def sending() -> None:
        for start in range(0, count, BATCH):
            await app.enqueue_many([globals()[task].prepare() for _ in range(min(BATCH, count - start))])

    asyncio.run(sending())
