"""The end of what a worker takes from its broker, for good or until it takes messages again."""

from time import monotonic
from typing import Any

from amqp import Channel, spec

from celery_platform.guards.polled import Polled
from celery_platform.transports.amqp.withheld import WithholdsAcks

# For what a quorum queue sends after the last acknowledgement: it commits that on most of its nodes first.
QUIET_SECONDS = 0.3


class Intake:
    """Closes what `tasks`, the worker's consumer (kombu's), takes. Nothing waits here: `closed` is asked repeatedly.

    Example: `intake = Intake(consumer.task_consumer)`, then in each turn of the loop `intake.closed()`
    """

    def __init__(self, tasks: Any) -> None:
        self._tasks = tasks
        self._channel = tasks.channel
        self._quiet_at = monotonic()
        # Of consumers whose cancellation the broker is to confirm; `None` before they are cancelled.
        self._tags: list[str] | None = None
        if isinstance(self._channel, Polled):
            self._channel.paused = True
        elif isinstance(self._channel, WithholdsAcks):
            self._channel.withhold()
            self._quiet_at += QUIET_SECONDS

    def closed(self, *, at_once: bool = False) -> bool:
        """Whether all that the broker sent has been received, and nothing more comes.

        With `at_once`, whether what may still come is returned when the connection closes.
        """
        if isinstance(self._channel, Polled):
            return not (self._channel.poll_outlives_connection() if at_once else self._channel.has_more())
        if self._tags is None:
            if not at_once and monotonic() < self._quiet_at:
                return False
            self._tags = self._cancel()
        return at_once or not any(tag in self._channel.callbacks for tag in self._tags)

    def open_again(self) -> None:
        """Take messages again."""
        if isinstance(self._channel, Polled):
            self._channel.paused = False
        elif self._tags is not None:
            self._tasks._active_tags.clear()
            self._tasks.consume()
        elif isinstance(self._channel, WithholdsAcks):
            self._channel.release()

    def _cancel(self) -> list[str]:
        """Cancel without waiting for the answer: kombu would hand over what arrives meanwhile from inside of this."""
        tags = list(self._tasks._active_tags.values())
        if isinstance(self._channel, Channel):
            for tag in tags:
                self._channel.send_method(spec.Basic.Cancel, "sb", (tag, False))
        if isinstance(self._channel, WithholdsAcks):
            self._channel.release()
        return tags
