"""A worker without an event loop (gevent) takes the next messages as soon as it has room, and looks for overdue ones.

kombu 5.7.0 asks for none while the prefetch count is full, but its `drain_events` waits until the time-out (2 s in
Celery's worker) all the same: slots that became free meanwhile stayed free, half of the time with tasks of a second.
It looks for overdue messages only after two seconds without any answer, and BRPOP answers an idle worker each second.
So such a worker never put back what a dead one held, and never sent again an acknowledgement that Redis had refused.
"""

from time import monotonic
from typing import Any

from kombu.transport import virtual

# How soon such a worker sees that there is room again.
FULL_SECONDS = 0.05
# How often it looks for overdue messages, as kombu's event loop does.
SEARCH_SECONDS = 1.0


class WithoutLoop(virtual.Transport):
    """Mixed into kombu's Redis transport. A worker with an event loop does not call `drain_events`."""

    _searched_at = 0.0

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait for `timeout` seconds, but for `FULL_SECONDS` while there is no room.

        Raises:
            TimeoutError: nothing arrived.
        """
        channels: Any = self.channels
        if monotonic() - self._searched_at >= SEARCH_SECONDS:
            self._searched_at = monotonic()
            cycle: Any = self.cycle
            cycle.maybe_restore_messages()
        if any(channel.active_queues and not channel.qos.can_consume() for channel in channels):
            timeout = FULL_SECONDS if timeout is None else min(timeout, FULL_SECONDS)
        super().drain_events(connection, timeout)
