"""The unacknowledged messages of a removed pool are restored by another pool that drains the same queue."""

import time
import uuid
from contextlib import suppress
from typing import Any

import pytest
from celery_platform.brokers.redis.keys import NEIGHBOURS, index_key, mutex_key
from celery_platform.transports.redis import reconnect
from kombu import Connection, Consumer, Queue

from tests.harness.waiting import eventually


def options(kept: str, neighbours: list[str]) -> dict[str, Any]:
    return {
        "visibility_timeout": 1,
        "unacked_key": kept,
        "unacked_index_key": index_key(kept),
        "unacked_mutex_key": mutex_key(kept),
        "unacked_restore_interval": 0.1,
        NEIGHBOURS: neighbours,
    }


def test_an_idle_worker_without_an_event_loop_gets_what_a_killed_one_held(valkey_port: int) -> None:
    """It is answered each second that there is nothing to take."""
    name = uuid.uuid4().hex
    url, queue = f"redis://127.0.0.1:{valkey_port}/9", Queue(name, routing_key=name)
    held = options(f"held-{name}", []) | {"unacked_restore_throttle": 1}
    taken: list[Any] = []

    with Connection(url, transport=reconnect.Transport, transport_options=held) as killed:
        killed.Producer().publish({}, routing_key=name, declare=[queue])
        with Consumer(killed, [queue], callbacks=[lambda _body, message: taken.append(message)]):
            killed.drain_events(timeout=10)
        taken[0].channel.qos._delivered.clear()  # as if it was killed: nothing is requeued
    with Connection(url, transport=reconnect.Transport, transport_options=held) as connection:
        with Consumer(connection, [queue], callbacks=[lambda _body, message: taken.append(message)]):
            for _ in range(10):
                with suppress(TimeoutError):
                    connection.drain_events(timeout=2)
                if len(taken) > 1:
                    break
        taken[-1].ack()

    assert len(taken) == 2


@pytest.mark.parametrize(("neighbours", "found"), [(["gone"], True), ([], False)])
def test_an_unacknowledged_message_of_a_removed_pool_runs_in_another_pool(
    valkey_port: int, neighbours: list[str], found: bool
) -> None:
    name = uuid.uuid4().hex
    url, queue = f"redis://127.0.0.1:{valkey_port}/9", Queue(name, routing_key=name)
    gone, neighbour = options(f"gone-{name}", []), options(f"left-{name}", [f"{key}-{name}" for key in neighbours])
    taken: list[Any] = []
    with Connection(url, transport=reconnect.Transport, transport_options=gone) as connection:
        connection.Producer().publish({}, routing_key=name, declare=[queue])
        with Consumer(connection, [queue], callbacks=[lambda _body, message: taken.append(message)]):
            connection.drain_events(timeout=10)
        # Simulate a killed process: nothing is requeued.
        taken[0].channel.qos._delivered.clear()
    time.sleep(1.5)

    with Connection(url, transport=reconnect.Transport, transport_options=neighbour) as connection:
        channel: Any = connection.channel()

        def waits() -> bool:
            channel.qos.restore_visible(interval=1)
            declared: Any = queue(channel).queue_declare()
            return bool(declared.message_count)

        if found:
            eventually(waits, "the message", seconds=10)
        else:
            assert not any(waits() for _ in range(5))
        queue(channel).purge()
