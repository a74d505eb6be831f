"""What somebody pushed to a queue's list, and is no message, is delivered and settled like one."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery_platform.transports.redis import reconnect
from kombu import Connection, Consumer, Queue
from redis import Redis


def message(**other: Any) -> dict[str, Any]:
    """A message as kombu packs it, in which something is different."""
    whole = {
        "body": "Ym9keQ==", "content-type": "text/plain", "content-encoding": "utf-8", "headers": {},
        "properties": {
            "delivery_tag": "its tag", "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": "queue"},
        },
    }  # fmt: skip
    return whole | other


def properties(**other: Any) -> dict[str, Any]:
    whole: dict[str, Any] = message()["properties"]
    return message(properties=whole | other)


FOREIGN = {
    "text": "garbage",
    "bytes": b"\xff\xfe",
    "a list": "[1]",
    "an object": '{"a": 1}',
    "without tag": json.dumps(properties(delivery_tag=None)),
    "without address": json.dumps(properties(delivery_info={})),
    "headers that are a number": json.dumps(message(headers=7)),
    "a body that is a number": json.dumps(message(body=7)),
    "an unknown encoding": json.dumps(properties(body_encoding="rot13")),
}


@pytest.fixture
def store(valkey_port: int) -> Iterator[Redis]:
    store = Redis(port=valkey_port, db=9)
    yield store
    store.flushdb()


@pytest.fixture
def connection(valkey_port: int, store: Redis) -> Iterator[Connection]:
    assert store
    options = {"global_keyprefix": f"{uuid.uuid4().hex}:"}
    url = f"redis://127.0.0.1:{valkey_port}/9"
    with Connection(url, transport=reconnect.Transport, transport_options=options) as connection:
        yield connection


def delivered(connection: Connection, count: int, *, requeue_first: bool = False) -> list[Any]:
    """Return what is delivered, acknowledged, after each of the first `count` was requeued if so asked."""
    taken: list[Any] = []

    def take(received: Any) -> None:
        taken.append(received)
        if requeue_first and len(taken) <= count:
            received.requeue()
        else:
            received.ack()

    with Consumer(connection, [Queue("queue")], on_message=take):
        end = time.monotonic() + 10
        while len(taken) < count * (2 if requeue_first else 1) and time.monotonic() < end:
            connection.drain_events(timeout=5)
    return taken


@pytest.mark.parametrize("entry", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("requeue_first", [False, True], ids=["acknowledged", "requeued"])
def test_an_entry_that_is_no_message_is_settled_beside_its_neighbours(
    connection: Connection, store: Redis, entry: str | bytes, *, requeue_first: bool
) -> None:
    channel: Any = connection.default_channel
    connection.SimpleQueue("queue").put("before")
    store.lpush(channel._named("queue"), entry)
    connection.SimpleQueue("queue").put("after")

    taken = delivered(connection, 3, requeue_first=requeue_first)

    assert len(taken) == (6 if requeue_first else 3)
    bodies = [each.body if isinstance(each.body, str) else each.body.decode() for each in taken]
    assert {"before", "after"} < set(bodies)
    assert not store.hlen(channel._named("unacked"))
    assert not store.llen(channel._named("queue"))
