"""Polls that ask for a batch of messages, not for the one slot that has just become free."""

from time import monotonic
from typing import Any

from celery_platform.transports.sqs.limits import MESSAGES


class PatientPolls:
    """Mixed into kombu's SQS channel. A queue is polled when half of the prefetch window is free (ten at most).

    When that takes longer than `polling_interval`, because tasks are long, it is polled for the slots there are.

    Each next poll is a timer's. kombu's event loop runs what `call_soon` is given by a timer, and starts what is asked
    for on a tick, only after it has waited for its sockets, up to a second: kombu 5.7.0, `Hub.create_loop`.
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
        """Poll what waits for room, if that is enough now: a message was acknowledged or given back."""
        if self._since and self._room() >= self._wanted():
            self.hub.call_later(0, self._poll_waiting)  # type: ignore[attr-defined]

    def _poll_waiting(self) -> None:
        for queue, since in list(self._since.items()):
            late = monotonic() - since >= self.connection.polling_interval  # type: ignore[attr-defined]
            if late or self._room() >= self._wanted():
                del self._since[queue]
                super()._schedule_queue(queue)  # type: ignore[misc]

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """As kombu's."""
        super().basic_ack(delivery_tag, multiple)  # type: ignore[misc]
        self.room_made()

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """As kombu's."""
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
        """Poll no more."""
        self._since.clear()
        super().close()  # type: ignore[misc]
