"""A dead letter in hand: it is still in its queue, and comes back to it unless it is removed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from celery_platform.dead_letters.message import Letter


@dataclass
class Held:
    """`remove()` takes the letter out of its queue for good. A process that dies before leaves it there."""

    letter: Letter
    _remove: Callable[[], object] = field(repr=False)
    removed: bool = False

    def remove(self) -> bool:
        """Take it out of the queue; true."""
        self._remove()
        self.removed = True
        return True
