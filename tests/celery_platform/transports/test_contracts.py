"""What a worker may ask of a channel and a connection: the platform's own offer it, kombu's own are left alone."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery_platform.transports import give_back as giving_back
from celery_platform.transports.amqp import green, guarded, guarded_green
from celery_platform.transports.amqp.connection import BufferedConnection
from celery_platform.transports.amqp.transport import Transport as AmqpTransport
from celery_platform.transports.batch_publishing import PublishesBatches
from celery_platform.transports.give_back import give_back
from celery_platform.transports.redis.transport import Transport as RedisTransport
from celery_platform.transports.sqs.transport import BatchingTransport
from celery_platform.transports.worker_channel import WorkerChannel
from celery_platform.transports.worker_connection import WorkerConnection
from kombu import Connection
from kombu.transport import pyamqp

AMQP = [AmqpTransport, guarded.Transport, green.Transport, guarded_green.Transport]


@pytest.mark.parametrize("transport", AMQP)
def test_rabbitmqs_connections_and_channels_flush_acknowledgements(transport: Any) -> None:
    assert issubclass(transport.Connection, WorkerConnection)
    assert issubclass(transport.Connection.Channel, WorkerChannel)


def test_on_redis_the_transport_is_the_connection() -> None:
    assert issubclass(RedisTransport, WorkerConnection)
    assert issubclass(RedisTransport.Channel, WorkerChannel)


def test_on_sqs_the_channel_publishes_batches_and_no_loop_flushes() -> None:
    assert issubclass(BatchingTransport.Channel, WorkerChannel)
    assert issubclass(BatchingTransport.Channel, PublishesBatches)
    assert not issubclass(BatchingTransport, WorkerConnection)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker reads anything here."""
    monkeypatch.setattr(giving_back, "READ_SECONDS", 0)


@pytest.fixture
def memory() -> Iterator[Any]:
    """A channel of kombu's own, with a queue that holds one message."""
    with Connection("memory://") as connection:
        queue = connection.SimpleQueue("given-back")
        queue.put("message")
        yield queue
        queue.clear()


@pytest.mark.usefixtures("at_once")
def test_what_a_channel_of_kombus_own_delivered_goes_back_to_its_queue(memory: Any) -> None:
    memory.channel.do_restore = True  # as on Redis and SQS
    memory.get(block=False)
    assert memory.qsize() == 0

    give_back(memory.channel)

    assert memory.qsize() == 1


@pytest.mark.usefixtures("at_once")
def test_a_channel_of_py_amqps_own_leaves_it_to_the_broker() -> None:
    give_back(pyamqp.Channel.__new__(pyamqp.Channel))


def test_a_connection_that_is_broken_off_reads_its_end() -> None:
    ours, theirs = socket.socketpair()
    connection = BufferedConnection()
    connection._transport = SimpleNamespace(sock=ours)

    connection.break_off()

    assert ours.recv(1) == b""
    theirs.close()


def test_a_connection_that_was_closed_is_not_made_again_to_be_broken_off() -> None:
    connection = BufferedConnection(host="127.0.0.1:1")

    connection.break_off()

    assert connection._transport is None
