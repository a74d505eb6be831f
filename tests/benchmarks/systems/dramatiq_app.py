"""The benchmarked dramatiq app: defaults, durable queues, acknowledgement after the task."""

import os
import time
from typing import Any

import dramatiq
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from tests.benchmarks import counter

BROKER, QUEUE_TYPE = os.environ["BENCHMARK_BROKER"], os.environ.get("BENCHMARK_QUEUE", "classic")
QUEUE = f"dramatiq-{QUEUE_TYPE}"
STORED_IN = os.environ.get("BENCHMARK_RESULTS")


def broker() -> dramatiq.Broker:
    if BROKER.startswith("redis"):
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(url=BROKER)
    if BROKER.startswith("sqs"):
        from dramatiq_sqs import SQSBroker

        return SQSBroker()
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    class Typed(RabbitmqBroker):
        def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
            arguments: dict[str, object] = super()._build_queue_arguments(queue_name)
            return arguments | {"x-queue-type": QUEUE_TYPE}

    return Typed(url=BROKER, confirm_delivery=bool(os.environ.get("BENCHMARK_CONFIRM")))


dramatiq.set_broker(broker())
if os.environ.get("BENCHMARK_METRICS"):
    # What it counts and serves when it is asked to; of its other middleware, retries are on by default.
    from dramatiq.middleware.prometheus import Prometheus

    dramatiq.get_broker().add_middleware(Prometheus())
if STORED_IN:
    dramatiq.get_broker().add_middleware(Results(backend=RedisBackend(url=STORED_IN)))


@dramatiq.actor(queue_name=QUEUE)
def noop() -> None:
    counter.hit()


if STORED_IN:

    @dramatiq.actor(queue_name=QUEUE, store_results=True)
    def add(left: int, right: int) -> int:
        counter.hit()
        return left + right


@dramatiq.actor(queue_name=QUEUE)
def wait() -> None:
    time.sleep(0.01)
    counter.hit()


@dramatiq.actor(queue_name=QUEUE)
def arrive(sent_at: float) -> None:
    counter.arrived(sent_at)


def send(task: str, count: int, *args: Any) -> None:
    """Fill the queue."""
    for _ in range(count):
        globals()[task].send(*args)
