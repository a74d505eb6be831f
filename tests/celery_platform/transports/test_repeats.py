"""What a host that loses its power repeats: tasks that were finished, and whose messages the broker still has."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.transports.sqs.deletes import FLUSH_SECONDS
from celery_platform.transports.turn import STALE_SECONDS

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

PROCESSES = 2
SEND = """
from celery_platform.publishing import publish_many
from exercises import probe
publish_many(probe.slow, [(({file!r}, {seconds}), {{}})] * {count})
"""
PURGE = """
from celery_platform.brokers import broker_of
from celery_platform.brokers.redis.keys import index_key
from celery_platform.settings import runtime
from exercises.celery import celery
broker = broker_of(runtime())
kept = broker.worker_transport_options(runtime().environment.pools["io"]).get("unacked_key")
with celery.connection_for_write() as connection:
    broker.purge(connection)
    kept and connection.default_channel.client.delete(kept, index_key(kept))
"""
# Messages that wait, and on Redis those that the worker had noted as its own. RabbitMQ returned them to the queue.
LEFT = """
from celery_platform.brokers import broker_of
from celery_platform.brokers.depth import depth
from celery_platform.settings import runtime
from exercises.celery import celery
broker, environment = broker_of(runtime()), runtime().environment
kept = broker.worker_transport_options(environment.pools["io"]).get("unacked_key")
with celery.connection_for_write() as connection:
    held = connection.default_channel.client.hlen(kept) if kept else 0
    print(held + depth(connection, broker.queue(environment.queues["quick"])))
"""
PREFETCHING = {"type": "turbo", "concurrency": PROCESSES, "prefetch_multiplier": 32}
Left = Callable[[TestEnvironment], int]


def asked_of_sqs(environment: TestEnvironment) -> int:
    """Messages of the queue that wait or are held."""
    sqs = environment.client("sqs")
    url = sqs.get_queue_url(QueueName=environment.resolved["queues"]["quick"]["name"])["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def asked_of_the_broker(environment: TestEnvironment) -> int:
    """The same on other brokers."""
    return int(environment.python(LEFT))


@pytest.mark.parametrize(
    ("broker", "count", "seconds", "repeated", "left"),
    [
        # A task of a millisecond or more: the next begins after `STALE_SECONDS` at most without an acknowledgement.
        pytest.param(
            "rabbitmq", 1000, STALE_SECONDS / 2, 2, asked_of_the_broker, id="rabbitmq", marks=pytest.mark.slow
        ),
        pytest.param("redis", 1000, STALE_SECONDS / 2, 2, asked_of_the_broker, id="redis"),
        # Two while the first of them waits for its call, and one during the call.
        pytest.param("sqs", 100, FLUSH_SECONDS / 2, 3, asked_of_sqs, id="sqs", marks=pytest.mark.slow),
    ],
)
def test_a_killed_process_repeats_few_finished_tasks(
    broker: str, count: int, seconds: float, repeated: int, left: Left, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    variant = request.getfixturevalue(broker).variant(tmp_path, pools={"io": PREFETCHING})
    file = tmp_path / "ran"
    variant.python(PURGE)
    variant.python(SEND.format(file=str(file), seconds=seconds, count=count))

    with variant.worker("io") as (process, _):
        eventually(lambda: finished(file) > count / 5, "a fifth of the tasks", 60)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    done = finished(file)
    time.sleep(1)  # RabbitMQ returns messages when it sees the end of their connection
    waiting = left(variant)
    variant.python(PURGE)

    assert done < count, "the worker was killed too late to say anything"
    assert 0 <= done + waiting - count <= repeated * PROCESSES


def finished(file: Path) -> int:
    """How many tasks have written that they end."""
    return file.read_text().count("ends") if file.exists() else 0
