"""The benchmarked RQ app: a fork for each job, which is the default, without results."""

import os

from redis import Redis
from rq import Queue

from tests.benchmarks import counter

BATCH = 500


def noop() -> None:
    counter.hit()


def send(task: str, count: int) -> None:
    """Fill the queue."""
    queue = Queue(connection=Redis.from_url(os.environ["BENCHMARK_BROKER"]))
    for start in range(0, count, BATCH):
        job = [Queue.prepare_data(globals()[task], result_ttl=0) for _ in range(min(BATCH, count - start))]
        queue.enqueue_many(job)
