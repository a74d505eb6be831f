"""Reads the dead-lettered messages of all queues into an index, in the background.

RabbitMQ and SQS show a message that is being read to nobody else. So it is read when somebody looks, and not often.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from celery_platform.console.state.dead_letter_turn import DeadLetterTurn
from celery_platform.console.state.failures.index import Index
from celery_platform.console.state.shared import NotNowError, said
from celery_platform.dead_letters.choice import Choice
from celery_platform.settings import QueueSettings

logger = logging.getLogger(__name__)
# More are counted by the broker alone. An index of so many takes about 100 MB of a disk.
MOST_MESSAGES = 100_000
# Least seconds between the ends of two readings, and how many times as long as the last one took.
LEAST_SECONDS = 30


@dataclass(frozen=True)
class Failures:
    """What was read. `problems` says which queues could not be read; `cut` that there are more messages."""

    index: Index
    seconds: float
    problems: tuple[str, ...] = ()
    cut: bool = False


@dataclass
class FailureReader:
    """Reads queues on demand. `read` counts the messages of the reading that is under way.

    Args:
        queues: which queues may have dead-lettered messages.
        turn: which the reading of each queue waits for.
        busy: whether a replay works on them; they are then read another time.
    """

    queues: Callable[[], Iterable[QueueSettings]]
    turn: DeadLetterTurn
    busy: Callable[[], bool] = lambda: False
    read: int = 0
    before: list[Index] = field(default_factory=list)

    def __call__(self) -> Failures:
        """Read all of them.

        Raises:
            NotNowError: a replay works on the dead letter queues.
        """
        if self.busy():
            raise NotNowError
        began, index, problems = time.monotonic(), Index(), []
        self.read = 0
        for queue in self._to_read():
            try:
                self._read(queue, index)
            except Exception as error:  # one queue's trouble hides no other's messages
                problems.append(f"{queue.label}: {said(error)}")
            if index.count >= MOST_MESSAGES:
                break
        self._close_those_before(index)
        return Failures(index, time.monotonic() - began, tuple(problems), index.count >= MOST_MESSAGES)

    def _to_read(self) -> list[QueueSettings]:
        """The queues that have messages. Where that cannot be found out, each is read and says its own trouble."""
        queues = list(self.queues())
        try:
            return self.turn.with_messages(queues)
        except Exception:  # the broker's, of whatever kind
            logger.warning("which dead letter queues are empty cannot be found out", exc_info=True)
            return queues

    def _read(self, queue: QueueSettings, index: Index) -> None:
        with self.turn.messages([queue], Choice()) as messages:
            for held in messages:
                index.add(held.message)
                self.read = index.count
                if index.count >= MOST_MESSAGES:
                    return

    def _close_those_before(self, index: Index) -> None:
        """Keep the one that a page may be reading; it is replaced next time."""
        self.before.append(index)
        while len(self.before) > 2:
            self.before.pop(0).close()
