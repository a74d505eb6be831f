"""When a channel last polled each of its queues: a worker that polls no more differs from one that is idle."""

from time import monotonic

# More than any poll takes: SQS's long poll of 10 s, kombu's time-out of 20 s, the longest back-off.
SILENT_SECONDS = 60.0


class Polled:
    """A mixin for a channel that asks its broker for messages."""

    # Whether it is not to ask for any now: what it would take could not be done.
    held = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._polled_at: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def asks(self, queue: str) -> None:
        """Note that `queue` is asked now, answers now, or need not be asked now because there is no room."""
        self._polled_at[queue] = monotonic()

    def unpolled(self) -> dict[str, float]:
        """Return each queue that is consumed and was not asked for `SILENT_SECONDS`, with the seconds since it was.

        Example: `channel.unpolled() == {"celery-email": 71.3}`
        """
        now = monotonic()
        silent = {queue: now - self._polled_at.setdefault(queue, now) for queue in self.expected_polls()}
        return {queue: seconds for queue, seconds in silent.items() if seconds > SILENT_SECONDS}

    def expected_polls(self) -> list[str]:
        """Return the queues that should be asked now and again."""
        raise NotImplementedError
