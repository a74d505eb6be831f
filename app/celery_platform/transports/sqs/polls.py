"""Polls for a batch of messages, instead of one for each slot that becomes free."""

from time import monotonic
from typing import Any

from celery_platform.transports.sqs.limits import MESSAGES


class PatientPolls:
    """Mixed into kombu's SQS channel. A queue is polled when half of the prefetch count is free (ten at most).

    When that takes longer than `polling_interval` seconds, because tasks are long, it is polled for what is free.

    A timer starts each poll. What a timer gives to `call_soon`, and what a tick starts, kombu's event loop runs only
    after it has waited for its sockets, for up to a second: kombu 5.7.0, `Hub.create_loop`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since: dict[str, float] = {}

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        channel: Any = self
        if messages_fetched:
            channel.hub.call_later(0, channel._schedule_queue, queue)
        else:
            super()._loop1(queue, messages_fetched)  # type: ignore[misc]

    def _schedule_queue(self, queue: str) -> None:
        channel: Any = self
        if queue not in channel._active_queues or self._room() >= self._wanted():
            super()._schedule_queue(queue)  # type: ignore[misc]
            return
        self._since.setdefault(queue, monotonic())
        channel.hub.call_later(channel.connection.polling_interval, self._poll_waiting)

    def room_made(self) -> None:
        """Poll the queues that wait for room, if there is enough now: a message was acknowledged or given back."""
        if self._since and self._room() >= self._wanted():
            self.hub.call_later(0, self._poll_waiting)  # type: ignore[attr-defined]

    def _poll_waiting(self) -> None:
        for queue, since in list(self._since.items()):
            late = monotonic() - since >= self.connection.polling_interval  # type: ignore[attr-defined]
            if late or self._room() >= self._wanted():
                del self._since[queue]
                super()._schedule_queue(queue)  # type: ignore[misc]

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge as kombu does; there may be room for a poll then."""
        super().basic_ack(delivery_tag, multiple)  # type: ignore[misc]
        self.room_made()

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject as kombu does; there may be room for a poll then."""
        super().basic_reject(delivery_tag, requeue)  # type: ignore[misc]
        self.room_made()

    def _room(self) -> int:
        """Messages that may still be taken; `MESSAGES` when there is no bound."""
        room = self.qos.can_consume_max_estimate()  # type: ignore[attr-defined]
        return MESSAGES if room is None else int(room)

    def _wanted(self) -> int:
        window = self.qos.prefetch_count or 2 * MESSAGES  # type: ignore[attr-defined]
        return max(1, min(MESSAGES, window // 2))

    def close(self) -> None:
        """Close, and poll no more."""
        self._since.clear()
        super().close()  # type: ignore[misc]
