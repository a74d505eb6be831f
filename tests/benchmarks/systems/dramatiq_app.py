"""Dramatiq as benchmarked: its own defaults, durable queues, acknowledged after the task."""

import os
import time

import dramatiq

from tests.benchmarks import counter

BROKER, QUEUE_TYPE = os.environ["BENCHMARK_BROKER"], os.environ.get("BENCHMARK_QUEUE", "classic")
QUEUE = f"dramatiq-{QUEUE_TYPE}"


def broker() -> dramatiq.Broker:
    if BROKER.startswith("redis"):
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(url=BROKER)
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    class Typed(RabbitmqBroker):
        def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
            arguments: dict[str, object] = super()._build_queue_arguments(queue_name)
            return arguments | {"x-queue-type": QUEUE_TYPE}

    return Typed(url=BROKER, confirm_delivery=bool(os.environ.get("BENCHMARK_CONFIRM")))


dramatiq.set_broker(broker())


@dramatiq.actor(queue_name=QUEUE)
def noop() -> None:
    counter.hit()


@dramatiq.actor(queue_name=QUEUE)
def wait() -> None:
    time.sleep(0.01)
    counter.hit()


@dramatiq.actor(queue_name=QUEUE)
def arrive(sent_at: float) -> None:
    counter.arrived(sent_at)


def send(task: str, count: int) -> None:
    """Fill the queue."""
    for _ in range(count):
        globals()[task].send()
