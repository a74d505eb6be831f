"""What a turbo connection does in each turn of the event loop, whatever its broker."""

import os
from abc import ABC, abstractmethod
from typing import Any

# After so many seconds of messages the loop turns, for timers, remote control and heartbeats.
TURN_SECONDS = 0.01
# Flushed at once when so many acknowledgements are pending, whatever else the loop does: the most that a killed worker
# repeats although it was done. More for each write gain nothing: one for 32 messages costs under 1 us for each.
ACKS_PER_WRITE = 32


class Turn(ABC):
    """Calls `on_tick` before each wait of the loop, and `on_more` right after it when there is something left over."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        # Readable while messages wait in this process, so that the loop's wait ends at once.
        self._more = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        loop.add_reader(self._more, self._read_more)
        loop.on_tick.add(self.on_tick)

    def come_back(self) -> None:
        """Have `on_more` called in the next turn."""
        os.eventfd_write(self._more, 1)

    def leave(self) -> None:
        """Take no more part in the loop, because the connection is gone."""
        self.loop.on_tick.discard(self.on_tick)
        os.close(self._more)

    @abstractmethod
    def on_tick(self) -> None:
        """Called before each wait of the loop: flush what is pending."""

    @abstractmethod
    def on_more(self) -> None:
        """Called in the turn after `come_back`: handle what the last turn left over."""

    def _read_more(self) -> None:
        os.eventfd_read(self._more)
        self.on_more()
