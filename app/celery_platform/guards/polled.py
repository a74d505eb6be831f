"""When a channel last polled each of its queues: a worker that polls no more differs from one that is idle."""

from time import monotonic
from typing import Any

# More than any poll takes: SQS's long poll of 9 s, kombu's time-out of 20 s, the longest back-off.
SILENT_SECONDS = 60.0
# The worker's loop compares every three seconds; what goes beyond twice that was a task's, which kept the loop.
LOOP_SECONDS = 6.0


class Polled:
    """A mixin for a channel that asks its broker for messages."""

    # Whether it is not to ask for any now: what it would take could not be done.
    paused = False
    # Names of the queues that it is not to ask for any: people paused them.
    paused_queues: frozenset[str] = frozenset()

    qos: Any

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._polled_at: dict[str, float] = {}
        self._compared_at = monotonic()
        super().__init__(*args, **kwargs)

    def asks(self, queue: str) -> None:
        """Note that `queue` is polled now, or has just answered."""
        self._polled_at[queue] = monotonic()

    def unpolled(self) -> dict[str, float]:
        """Return each queue that is consumed and was not polled for `SILENT_SECONDS`, with the seconds since it was.

        The worker's loop calls it with each heartbeat. The time in which every slot was taken is not counted, nor that
        in which a task kept the loop (turbo, solo): a worker that is busy is not one that polls no more.

        Example: `channel.unpolled() == {"celery-email": 71.3}`
        """
        now = monotonic()
        kept = max(0.0, now - self._compared_at - LOOP_SECONDS)
        self._compared_at = now
        full = not self.qos.can_consume()
        self._polled_at = {} if full else {queue: at + kept for queue, at in self._polled_at.items()}
        silent = {queue: now - self._polled_at.setdefault(queue, now) for queue in self.expected_polls()}
        return {queue: seconds for queue, seconds in silent.items() if seconds > SILENT_SECONDS}

    def has_more(self) -> bool:
        """Return whether messages may still arrive or were given to nobody yet, although polls are `paused`."""
        raise NotImplementedError

    def poll_outlives_connection(self) -> bool:
        """Return whether a poll is unanswered whose messages the broker would not return when the connection closes."""
        return False

    def expected_polls(self) -> list[str]:
        """Return the queues that should be asked now and again."""
        raise NotImplementedError
