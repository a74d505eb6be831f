"""The benchmarked taskiq app: defaults."""

import asyncio
import os
import time
from typing import Any

from tests.benchmarks import counter

BROKER, QUEUE_TYPE = os.environ["BENCHMARK_BROKER"], os.environ.get("BENCHMARK_QUEUE", "classic")
STORED_IN = os.environ.get("BENCHMARK_RESULTS")
AT_ONCE = 100


def made() -> Any:
    if BROKER.startswith("redis"):
        from taskiq_redis import ListQueueBroker

        return ListQueueBroker(BROKER)
    if BROKER.startswith("sqs"):
        return on_sqs()
    from taskiq_aio_pika import AioPikaBroker, Queue, QueueType

    return AioPikaBroker(
        BROKER, qos=100, task_queues=[Queue(name=f"taskiq-{QUEUE_TYPE}", type=QueueType[QUEUE_TYPE.upper()])]
    )


def on_sqs() -> Any:
    """Receives ten messages at a time (the default is one). taskiq does not create its queue."""
    import boto3
    from taskiq_aio_sqs import SQSBroker

    boto3.client("sqs").create_queue(QueueName=f"taskiq-{QUEUE_TYPE}")
    names = ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    endpoint, region, key, secret = (os.environ[name] for name in names)
    return SQSBroker(
        f"taskiq-{QUEUE_TYPE}", endpoint_url=endpoint, region_name=region, aws_access_key_id=key,
        aws_secret_access_key=secret, max_number_of_messages=10,
    )  # fmt: skip


broker = made()
if STORED_IN:
    from taskiq_redis import RedisAsyncResultBackend

    broker = broker.with_result_backend(RedisAsyncResultBackend(STORED_IN))


@broker.task(task_name="noop")
async def noop() -> None:
    counter.hit()


@broker.task(task_name="add")
async def add(left: int, right: int) -> int:
    counter.hit()
    return left + right


@broker.task(task_name="wait")
async def wait() -> None:
    await asyncio.sleep(0.01)
    counter.hit()


@broker.task(task_name="arrive")
async def arrive(sent_at: float) -> None:
    counter.arrived(sent_at)


def send(task: str, count: int, *args: Any) -> None:
    """Fill the queue, a hundred at a time."""

    async def sending() -> None:
        await broker.startup()
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(globals()[task].kiq(*args) for _ in range(min(AT_ONCE, count - start))))
        await broker.shutdown()

    asyncio.run(sending())


def send_evenly(count: int, per_second: float) -> None:
    """Publish `arrive` at a constant rate."""

    async def sending() -> None:
        await broker.startup()
        due = time.perf_counter()
        for _ in range(count):
            due += 1 / per_second
            await asyncio.sleep(max(0, due - time.perf_counter()))
            await arrive.kiq(time.time())
        await broker.shutdown()

    asyncio.run(sending())
