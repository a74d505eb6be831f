"""Whose turn it is to work on the dead letter queues: one reader or replay at a time, and none once the console stops.

RabbitMQ and SQS show a message that is being read to nobody else, so two of this console would each see a part.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import takewhile

from celery_platform.application import platform_alone
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.reading import held_messages
from celery_platform.settings import QueueSettings


class DeadLetterTurn:
    """Gives each its turn.

    Example: `with turn.messages(queues, Choice()) as messages: ...`
    """

    def __init__(self) -> None:
        self._lock, self._stopping = threading.Lock(), threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether the console stops, and what is being read is not all."""
        return self._stopping.is_set()

    @contextmanager
    def messages(self, queues: Iterable[QueueSettings], choice: Choice) -> Iterator[Iterator[Held]]:
        """Wait for the turn and yield the chosen messages until the console stops; then give back those not removed."""
        with self._lock, platform_alone().connection_for_read() as connection:
            found = held_messages(connection, queues, choice)
            with closing(found):  # type: ignore[type-var] # a generator: gives back what it holds
                yield takewhile(lambda _: not self.stopping, found)

    def stop(self, seconds: float) -> bool:
        """Let whoever has the turn give back what it holds; returns whether that was done within so many seconds."""
        self._stopping.set()
        return self._lock.acquire(timeout=seconds)
