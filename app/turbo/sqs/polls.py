"""Polls that ask for a batch of messages, not for the one slot that has just become free."""

from time import monotonic
from typing import Any

from app.turbo.sqs.limits import MESSAGES


class PatientPolls:
    """Mixed into kombu's SQS channel. A queue is polled when half of the prefetch window is free (ten at most).

    When that takes longer than `polling_interval`, because tasks are long, it is polled for the slots there are.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since: dict[str, float] = {}

    def _schedule_queue(self, queue: str) -> None:
        channel: Any = self
        if queue not in channel._active_queues or self._room() >= self._wanted():
            super()._schedule_queue(queue)  # type: ignore[misc]
            return
        self._since.setdefault(queue, monotonic())
        channel.hub.on_tick.add(self._poll_waiting)
        channel.hub.call_later(channel.connection.polling_interval, self._poll_waiting)

    def _poll_waiting(self) -> None:
        for queue, since in list(self._since.items()):
            late = monotonic() - since >= self.connection.polling_interval  # type: ignore[attr-defined]
            if late or self._room() >= self._wanted():
                del self._since[queue]
                super()._schedule_queue(queue)  # type: ignore[misc]

    def _room(self) -> int:
        """Messages that may still be taken; `MESSAGES` when there is no bound."""
        room = self.qos.can_consume_max_estimate()  # type: ignore[attr-defined]
        return MESSAGES if room is None else int(room)

    def _wanted(self) -> int:
        window = self.qos.prefetch_count or 2 * MESSAGES  # type: ignore[attr-defined]
        return max(1, min(MESSAGES, window // 2))

    def close(self) -> None:
        """Poll no more."""
        hub: Any = self.hub  # type: ignore[attr-defined]
        if hub is not None:
            hub.on_tick.discard(self._poll_waiting)
        self._since.clear()
        super().close()  # type: ignore[misc]
