"""The benchmarked mayu app: Redis, without results."""

import os

from mayu import App

from tests.benchmarks import counter

app = App(broker=os.environ["BENCHMARK_BROKER"])


@app.task
def noop() -> None:
    counter.hit()


def send(task: str, count: int) -> None:
    """Fill the queue."""
    for _ in range(count):
        globals()[task].delay()
