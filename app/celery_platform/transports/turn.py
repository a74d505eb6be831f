"""What a turbo connection does in each turn of the event loop, whatever its broker."""

import os
from abc import ABC, abstractmethod
from typing import Any

# After handling messages for so many seconds the loop turns, for timers, remote control and heartbeats.
TURN_SECONDS = 0.01
# So many pending acknowledgements are sent at once, without waiting for the end of the turn. A killed worker repeats at
# most so many tasks that it had finished. A larger number saves nothing: with 32 a write costs under 1 us a message.
ACKS_PER_WRITE = 32
# After so long acknowledgements are flushed, and what arrived is read: the broker may have given what is buffered here
# to another worker. A killed worker repeats at most two tasks of a millisecond or more that it had finished.
STALE_SECONDS = 0.002


class Turn(ABC):
    """What a connection does while the event loop `loop` (kombu's `Hub`) turns, from now until `leave`.

    The loop calls `on_tick` before each of its waits. It does not wait while something is left over from the turn
    before: it calls `on_more` at once.
    """

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        # Readable while messages wait in this process, so that the loop's wait ends at once.
        self._more = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        loop.add_reader(self._more, self._read_more)
        loop.on_tick.add(self.on_tick)

    def come_back(self) -> None:
        """Ask for `on_more` in the next turn, because messages that have arrived were not handled in this one."""
        os.eventfd_write(self._more, 1)

    def leave(self) -> None:
        """Take no more part in the loop, because the connection was lost or closed."""
        self.loop.on_tick.discard(self.on_tick)
        os.close(self._more)

    @abstractmethod
    def on_tick(self) -> None:
        """Send pending acknowledgements: the loop is about to wait."""

    @abstractmethod
    def on_more(self) -> None:
        """Handle the messages that the last turn left over, in the turn after `come_back`."""

    def _read_more(self) -> None:
        os.eventfd_read(self._more)
        self.on_more()
