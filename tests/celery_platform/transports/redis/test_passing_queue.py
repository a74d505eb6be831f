"""Nothing stays on the server of a queue that ends, neither its messages nor the tokens beside them."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery_platform.transports.redis import reconnect
from kombu import Connection, Exchange, Queue
from redis import Redis

from tests.harness.waiting import eventually


@pytest.fixture
def name() -> str:
    return f"passing-{uuid.uuid4().hex}"


@pytest.fixture
def connection(valkey_port: int) -> Iterator[Any]:
    with Connection(f"redis://127.0.0.1:{valkey_port}/9", transport=reconnect.Transport) as connection:
        yield connection


@pytest.fixture
def keys(valkey_port: int, name: str) -> Callable[[], Any]:
    """The keys on the server that belong to the queue."""
    return lambda: Redis(port=valkey_port, db=9).keys(f"{name}*")


def publish(connection: Any, name: str, **options: Any) -> None:
    queue = Queue(name, Exchange(f"of-{name}"), routing_key=name, **options)
    connection.Producer().publish("unread", exchange=queue.exchange, routing_key=name, declare=[queue])


def test_a_queue_that_expires_leaves_nothing(connection: Any, name: str, keys: Callable[[], Any]) -> None:
    publish(connection, name, expires=1)
    assert keys()

    eventually(lambda: not keys(), "the end of the queue's keys", 5)


def test_a_queue_that_is_deleted_leaves_nothing(connection: Any, name: str, keys: Callable[[], Any]) -> None:
    publish(connection, name)
    assert keys()

    connection.default_channel.queue_delete(name)

    assert not keys()
