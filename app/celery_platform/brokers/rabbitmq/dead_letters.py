"""Read a dead letter queue of RabbitMQ without acknowledging, so that closing the channel gives all messages back."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kombu import Connection
from kombu.exceptions import KombuError

from celery_platform.brokers.dead_lettered.envelope import UNREADABLE
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.dead_lettered.message import dead_lettered_message
from celery_platform.brokers.interface import Broker
from celery_platform.settings import QueueSettings

BACK_SECONDS = 2  # no longer, as another consumer may have taken the messages meanwhile
PROPERTIES = ("correlation_id", "reply_to", "priority")


@contextmanager
def open_queue(broker: Broker, connection: Connection, queue: QueueSettings) -> Iterator[Iterator[Held]]:
    """Yield the messages that are there now, oldest first; those not removed return to the queue afterwards."""
    taken = _Taken()
    with connection.channel() as channel:
        bound = broker.dead_letter_queue(queue)(channel)
        bound.declare()
        declared: Any = bound.queue_declare(passive=True)
        yield _messages(bound, queue, declared.message_count, taken)
    _wait_for(broker, connection, queue, taken.left)


@dataclass
class _Taken:
    """How many messages were taken and not removed: counted, because tens of thousands of them are large."""

    left: int = 0

    def take(self, message: Any) -> Callable[[], None]:
        """Count a message as taken; returns what removes it."""
        self.left += 1

        def remove() -> None:
            message.ack()
            self.left -= 1

        return remove


def _wait_for(broker: Broker, connection: Connection, queue: QueueSettings, count: int) -> None:
    """Wait until the messages are back: RabbitMQ requeues them some time after it closed the channel.

    Whoever read the queue before would find it empty.
    """
    deadline = time.monotonic() + BACK_SECONDS
    while broker.dead_letters(connection, queue) < count and time.monotonic() < deadline:
        time.sleep(0.02)


def _messages(bound: Any, queue: QueueSettings, there: int, taken: _Taken) -> Iterator[Held]:
    for _ in range(there):
        message = bound.get()
        if message is None:
            return
        body = _body(message)
        properties = {name: message.properties.get(name) for name in PROPERTIES}
        kept = dead_lettered_message(
            queue.label, dict(message.headers or {}), body, properties, max_deliveries=queue.max_deliveries
        )
        yield Held(kept, taken.take(message))


def _body(message: Any) -> Any:
    """The body as a worker reads it, or else as plain JSON; `None` where it is neither."""
    try:
        return message.payload
    except (KombuError, *UNREADABLE):
        pass
    try:
        return json.loads(message.body)
    except UNREADABLE:
        return None
