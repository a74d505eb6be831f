"""What kombu's `Producer.batch` publishes is sent together, with the token that wakes a waiting consumer."""

import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery_platform.transports.redis import reconnect
from kombu import Connection, Queue
from redis import Redis

from .test_take import patient, received


@pytest.fixture
def prefix() -> str:
    return f"{uuid.uuid4().hex}:"


@pytest.fixture
def address(valkey_port: int) -> Iterator[str]:
    yield f"redis://127.0.0.1:{valkey_port}/9"
    Redis(port=valkey_port, db=9).flushdb()


@pytest.fixture
def sender(address: str, prefix: str) -> Iterator[Any]:
    options = {"global_keyprefix": prefix}
    with Connection(address, transport=reconnect.Transport, transport_options=options) as sender:
        yield sender


def test_a_waiting_consumer_is_woken_by_a_batch(address: str, prefix: str, sender: Any) -> None:
    def publish_batch() -> None:
        producer = sender.Producer()
        with producer.batch():
            producer.publish("awaited", exchange="", routing_key="queue")
            time.sleep(1)  # a consumer woken now would find nothing, and wait again

    with patient(address, {"global_keyprefix": prefix}) as connection:
        threading.Timer(2, publish_batch).start()

        assert received(connection, 20) == ["awaited"]


@pytest.mark.parametrize("expires", [None, 60])
def test_a_batch_is_sent_with_its_last_message(address: str, prefix: str, sender: Any, expires: int | None) -> None:
    store = Redis.from_url(address)
    Queue("queue", expires=expires)(sender.default_channel).declare()
    producer = sender.Producer()
    keys = [f"{prefix}{name}" for name in ("queue", "queue.wake")]
    with producer.batch():
        producer.publish("one", exchange="", routing_key="queue")
        producer.publish("two", exchange="", routing_key="queue")
        assert not store.exists(*keys)

    assert [store.llen(key) for key in keys] == [2, 1]
    assert [store.ttl(key) > 0 for key in keys] == [expires is not None] * 2
