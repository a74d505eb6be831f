"""Connections of a turbo process that are not its worker's: a task's own, or a library's."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery_platform.transports.amqp.transport import Transport as AmqpTransport
from celery_platform.transports.redis.transport import Transport as RedisTransport
from kombu import Connection, Consumer, Queue
from redis import Redis

from tests.celery_platform.turbo.harness.bench import Bench


@pytest.fixture
def connection(bench: Bench) -> Iterator[Any]:
    """To RabbitMQ, and it belongs to no event loop."""
    with Connection(bench.variables["TURBO_BROKER"], transport=AmqpTransport) as made:
        yield made


@pytest.fixture
def queue(connection: Any, where: str) -> Iterator[str]:
    """A queue with three messages."""
    Queue(where, durable=False)(connection).declare()
    with connection.Producer() as producer:
        for number in range(3):
            producer.publish(number, routing_key=where)
    yield where
    connection.default_channel.queue_delete(where)


def test_a_consumer_that_takes_one_at_a_time_gets_the_next(connection: Any, queue: str) -> None:
    taken: list[int] = []

    def take(body: int, message: Any) -> None:
        taken.append(body)
        message.ack()

    with Consumer(connection, [Queue(queue, durable=False)], callbacks=[take], prefetch_count=1):
        for _ in range(3):
            connection.drain_events(timeout=5)

    assert taken == [0, 1, 2]


def test_what_was_fetched_and_not_acknowledged_stays(bench: Bench, connection: Any, queue: str) -> None:
    channel = connection.channel()
    fetched = [channel.basic_get(queue) for _ in range(3)]
    for message in fetched[1:]:
        channel.basic_ack(message.delivery_tag)
    channel.close()

    assert bench.waiting(queue) == 1


def test_a_workers_own_connection_counts_what_was_fetched_too(bench: Bench, connection: Any, queue: str) -> None:
    connection.ensure_connection()
    connection.connection.batches_acks = True
    channel = connection.channel()
    fetched = [channel.basic_get(queue) for _ in range(3)]
    for message in fetched[1:]:
        channel.basic_ack(message.delivery_tag)
    channel.flush_acknowledgements()
    channel.close()

    assert bench.waiting(queue) == 1


def test_closing_a_connection_to_redis_acknowledges_nothing_of_the_workers(valkey_port: int) -> None:
    url = f"redis://127.0.0.1:{valkey_port}/8"
    RedisTransport.Channel.pending.append("of the worker")
    try:
        with Connection(url, transport=RedisTransport) as made:
            channel: Any = made.default_channel
            channel.basic_ack("of a task")
        assert list(RedisTransport.Channel.pending) == ["of the worker"]
    finally:
        RedisTransport.Channel.pending.clear()
        Redis.from_url(url).flushdb()
