"""A dead-lettered message while a command works on it: it returns to its queue unless it is removed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage


@dataclass
class Held:
    """`remove()` takes the message out of its queue for good. If the process dies before, the message stays there."""

    message: DeadLetteredMessage
    _remove: Callable[[], object] = field(repr=False)
    removed: bool = False

    def remove(self) -> bool:
        """Take the message out of the queue; returns true."""
        self._remove()
        self.removed = True
        return True
