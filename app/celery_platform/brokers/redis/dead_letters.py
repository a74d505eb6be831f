"""Read a dead letter list of Redis or Valkey in place, so that no message leaves it before it is removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from kombu import Connection
from redis import Redis

from celery_platform.brokers.dead_lettered.envelope import unpack
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.dead_lettered.message import dead_lettered_message
from celery_platform.brokers.interface import Broker
from celery_platform.settings import QueueSettings

BATCH = 100


@contextmanager
def open_queue(broker: Broker, connection: Connection, queue: QueueSettings) -> Iterator[Iterator[Held]]:
    """Yield the messages that are there now, oldest first."""
    with connection.channel() as channel:
        yield _messages(channel, broker.dead_letter_queue(queue).name, queue)


def _messages(channel: Any, name: str, queue: QueueSettings) -> Iterator[Held]:
    """Kombu keeps a list for each priority and adds at the head: the oldest is at the tail."""
    # Kombu's own client puts the environment's prefix before the keys of some commands, and not of these.
    client: Any = Redis(connection_pool=channel.client.connection_pool)
    for priority in channel.priority_steps:
        key = channel.global_keyprefix + channel._q_for_pri(name, priority)
        kept = 0
        while batch := client.lrange(key, -(kept + BATCH), -(kept + 1)):
            for raw in reversed(batch):
                text = raw.decode() if isinstance(raw, bytes) else raw
                held = Held(
                    dead_lettered_message(queue.label, *unpack(text), max_deliveries=queue.max_deliveries),
                    partial(client.lrem, key, -1, raw),
                )
                yield held
                kept += not held.removed
