"""A consumer on Redis takes and records a message in one step, so that killing it at any moment loses none."""

import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery_platform.transports.redis import reconnect
from kombu import Connection, Consumer, Message, Queue
from kombu.transport import redis as kombu_redis
from redis import Redis
from redis.connection import AbstractConnection
from redis.exceptions import OutOfMemoryError

from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

# Dies with the broker's answer in hand, before the message is anybody's.
DIES = """
import os, signal, sys
from {module} import Transport
from kombu import Connection, Consumer, Queue
Transport._deliver = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Connection({url!r}, transport=Transport, transport_options={options!r}) as connection:
    with Consumer(connection, [Queue({queue!r})], callbacks=[print]):
        connection.drain_events(timeout=10)
"""


class Patient(reconnect.Transport):
    """Waits for a token so long that no worker finds a message by polling again; kombu has no option for it."""

    brpop_timeout = 60


@pytest.fixture
def url(valkey_port: int) -> str:
    return f"redis://127.0.0.1:{valkey_port}/9"


@pytest.fixture
def options() -> dict[str, Any]:
    """A namespace of its own, with a visibility timeout of one second."""
    return {
        "global_keyprefix": f"{uuid.uuid4().hex}:", "visibility_timeout": 1, "priority_steps": [0],
        "unacked_restore_interval": 0.2, "unacked_restore_throttle": 1,
    }  # fmt: skip


@pytest.fixture
def store(url: str) -> Iterator[Redis]:
    yield Redis.from_url(url)
    Redis.from_url(url).flushdb()


def connected(url: str, options: dict[str, Any], **more: Any) -> Connection:
    return Connection(url, transport=reconnect.Transport, transport_options=options | more)


def patient(url: str, options: dict[str, Any], **more: Any) -> Connection:
    return Connection(url, transport=Patient, transport_options=options | more)


def publish(connection: Connection, *bodies: str, queue: str = "queue") -> None:
    for body in bodies:
        connection.SimpleQueue(queue).put(body)


def received(connection: Connection, seconds: float, *, queue: str = "queue") -> list[str]:
    """Return the bodies of the messages that arrive within that time, and acknowledge them."""
    bodies: list[str] = []

    def take(body: str, message: Message) -> None:
        bodies.append(body)
        message.ack()

    with Consumer(connection, [Queue(queue)], callbacks=[take]):
        end = time.monotonic() + seconds
        while not bodies and time.monotonic() < end:
            try:
                connection.drain_events(timeout=0.5)
            except TimeoutError:
                continue
    return bodies


def die_while_taking(module: str, url: str, options: dict[str, Any]) -> None:
    code = DIES.format(module=module, url=url, options=options, queue="queue")
    died = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("store")
def test_messages_that_a_killed_consumer_took_are_delivered_again(url: str, options: dict[str, Any]) -> None:
    with connected(url, options) as connection:
        publish(connection, "precious")
        die_while_taking("celery_platform.transports.redis.reconnect", url, options)

        assert received(connection, 30) == ["precious"]


def test_without_the_guard_such_a_message_is_lost(url: str, options: dict[str, Any], store: Redis) -> None:
    with connected(url, options) as connection:
        publish(connection, "precious")
    die_while_taking("kombu.transport.redis", url, options)

    kept = options["global_keyprefix"]
    where = "found (if kombu notes what it takes at once, remove app/celery_platform/transports/redis/take.py)"
    assert (store.llen(f"{kept}queue"), store.hlen(f"{kept}unacked")) == (0, 0), where
    assert issubclass(reconnect.Transport, kombu_redis.Transport)


def test_publishing_still_costs_one_round_trip(
    url: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    send: Any = AbstractConnection.send_packed_command

    def noted(connection: Any, command: Any, **named: Any) -> Any:
        sent.append(command)
        return send(connection, command, **named)

    with connected(url, options) as connection:
        queue = connection.SimpleQueue("queue")
        queue.put("warm")
        monkeypatch.setattr(AbstractConnection, "send_packed_command", noted)
        queue.put("one")

    assert sum(b"EVAL" in b"".join(command) for command in sent) == 1
    assert sum(b"LPUSH\r\n" in b"".join(command) for command in sent) == 0


@pytest.mark.usefixtures("store")
def test_a_waiting_consumer_is_woken_by_a_message(url: str, options: dict[str, Any]) -> None:
    with patient(url, options) as connection, connected(url, options) as producer:
        later = threading.Timer(2, publish, (producer, "awaited"))
        later.start()

        assert received(connection, 20) == ["awaited"]


@pytest.mark.usefixtures("store")
def test_a_consumer_that_cannot_take_all_messages_wakes_the_next(url: str, options: dict[str, Any]) -> None:
    taken: list[str] = []

    def take(body: str, message: Any) -> None:
        taken.append(body)
        message.ack()  # what is not acknowledged goes back when the connection closes, and the other may take it

    def take_one() -> None:
        with patient(url, options, visibility_timeout=600) as connection:
            channel: Any = connection.default_channel
            channel.basic_qos(0, 1, False)
            with Consumer(channel, [Queue("queue")], callbacks=[take]):
                connection.drain_events(timeout=20)

    both = [threading.Thread(target=take_one) for _ in range(2)]
    for each in both:
        each.start()
    time.sleep(2)
    with connected(url, options) as producer:
        publish(producer, "one", "other")
    for each in both:
        each.join()

    assert sorted(taken) == ["one", "other"]


def test_no_more_is_taken_than_the_prefetch_count(url: str, options: dict[str, Any], store: Redis) -> None:
    with connected(url, options, visibility_timeout=600) as connection:
        publish(connection, *(str(number) for number in range(10)))
        channel: Any = connection.default_channel
        channel.basic_qos(0, 3, False)
        taken: list[str] = []
        with Consumer(channel, [Queue("queue")], callbacks=[lambda body, _: taken.append(body)]):
            connection.drain_events(timeout=10)
            with pytest.raises(socket.timeout):
                connection.drain_events(timeout=1)
            left = store.llen(f"{options['global_keyprefix']}queue")

    assert (taken, left) == (["0", "1", "2"], 7)


def test_a_message_without_acknowledgement_is_not_recorded(url: str, options: dict[str, Any], store: Redis) -> None:
    with connected(url, options) as connection:
        publish(connection, "news")
        seen: list[str] = []
        with Consumer(connection, [Queue("queue")], callbacks=[lambda body, _: seen.append(body)], no_ack=True):
            connection.drain_events(timeout=10)

        assert (seen, store.hlen(f"{options['global_keyprefix']}unacked")) == (["news"], 0)


def test_messages_behind_an_error_of_the_consumer_are_requeued(url: str, options: dict[str, Any], store: Redis) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with connected(url, options, visibility_timeout=600) as connection:
        publish(connection, "first", "second", "third")
        with Consumer(connection, [Queue("queue")], callbacks=[fail]), pytest.raises(ZeroDivisionError):
            connection.drain_events(timeout=10)
        channel: Any = connection.default_channel
        channel.put_back()

        eventually(lambda: store.llen(f"{options['global_keyprefix']}queue") == 2, "the two behind it")


def test_a_message_that_the_script_cannot_read_is_noted_all_the_same(
    url: str, options: dict[str, Any], store: Redis
) -> None:
    with connected(url, options) as connection:
        # Half of a surrogate pair: Python's JSON reads it, Lua's does not.
        connection.SimpleQueue("queue").put("text", headers={"title": "\ud800"})
        die_while_taking("celery_platform.transports.redis.reconnect", url, options)

        assert store.hlen(f"{options['global_keyprefix']}unacked") == 1
        assert received(connection, 10) == ["text"]
        assert store.hlen(f"{options['global_keyprefix']}unacked") == 0


def test_a_full_server_is_emptied(url: str, options: dict[str, Any], store: Redis) -> None:
    with connected(url, options) as connection:
        publish(connection, "first", "second")
        before: Any = store.config_get("maxmemory")
        store.config_set("maxmemory", 1)
        try:
            with pytest.raises(OutOfMemoryError):
                store.set("more", 1)
            assert received(connection, 5) == ["first", "second"]
        finally:
            store.config_set("maxmemory", before["maxmemory"])


def test_a_message_goes_back_to_a_full_server(url: str, options: dict[str, Any], store: Redis) -> None:
    with connected(url, options) as connection:
        publish(connection, "only")
        taken = connection.SimpleQueue("queue").get(timeout=5)
        before: Any = store.config_get("maxmemory")
        store.config_set("maxmemory", 1)
        try:
            taken.requeue()
            assert received(connection, 5) == ["only"]
        finally:
            store.config_set("maxmemory", before["maxmemory"])
