"""The benchmarked arq app: defaults, without results."""

import asyncio
import os
from typing import Any, ClassVar

from arq import create_pool
from arq.connections import RedisSettings

from tests.benchmarks import counter

BATCH = 100


async def noop(_context: Any) -> None:
    counter.hit()


class WorkerSettings:
    """Settings for the command `arq`."""

    functions: ClassVar = [noop]
    redis_settings = RedisSettings.from_dsn(os.environ["BENCHMARK_BROKER"])
    keep_result = 0
    max_jobs = 100


def send(task: str, count: int) -> None:
    """Fill the queue."""

    async def sending() -> None:
        pool = await create_pool(WorkerSettings.redis_settings)
        for start in range(0, count, BATCH):
            await asyncio.gather(*(pool.enqueue_job(task) for _ in range(min(BATCH, count - start))))

    asyncio.run(sending())
