"""Whose turn it is to work on the dead letter queues: one reader or replay at a time, and none once the console stops.

RabbitMQ and SQS show a message that is being read to nobody else, so two of this console would each see a part.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import takewhile

from celery_platform.application import platform_alone
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.interface import Broker
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.reading import held_messages
from celery_platform.settings import QueueSettings


class DeadLetterTurn:
    """Gives each its turn with one broker.

    Example: `with turn.messages(queues, Choice()) as messages: ...`
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lock, self._stopping = threading.Lock(), threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether the console stops, and what is being read is not all."""
        return self._stopping.is_set()

    def with_messages(self, queues: Iterable[QueueSettings]) -> list[QueueSettings]:
        """The queues that may have dead-lettered messages. SQS is asked about ten at a time, and reads one by one."""
        with self._lock:
            return self._broker.with_dead_letters(queues)

    @contextmanager
    def messages(self, queues: Iterable[QueueSettings], choice: Choice) -> Iterator[Iterator[Held]]:
        """Wait for the turn and yield the chosen messages until the console stops; then give back those not removed."""
        with self._lock, platform_alone().connection_for_read() as connection:
            found = held_messages(connection, queues, choice, self._broker)
            with closing(found):  # type: ignore[type-var] # a generator: gives back what it holds
                yield takewhile(lambda _: not self.stopping, found)

    def stop(self, seconds: float) -> bool:
        """Let whoever has the turn give back what it holds; returns whether that was done within so many seconds."""
        self._stopping.set()
        return self._lock.acquire(timeout=seconds)
