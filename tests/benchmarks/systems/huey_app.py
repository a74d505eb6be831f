"""The benchmarked huey app: Redis, without results."""

import os

from huey import RedisHuey

from tests.benchmarks import counter

huey = RedisHuey("benchmark", url=os.environ["BENCHMARK_BROKER"], results=False)


@huey.task()
def noop() -> None:
    counter.hit()


def send(task: str, count: int) -> None:
    """Fill the queue."""
    for _ in range(count):
        globals()[task]()
