"""Which of its queues a worker on SQS polls: one that has an urgent queue before it, only while that is empty.

kombu polls the queues of a channel side by side, each with a long poll of its own, so the order is kept by not asking.
"""

from time import monotonic
from typing import Any

# A key of an SQS connection's transport options: queue -> the queue to drain before it.
AFTER = "drained_after"
# SQS answers a long poll at once when a message is there, so a poll that waits means that the queue is empty.
EMPTY_SECONDS = 0.5
# The interval of checks meanwhile. When a check comes much later, a task blocked the loop (a turbo pool), and the
# answer of SQS could not be read.
CHECK_SECONDS, HELD_SECONDS = 0.05, 0.1


class InOrder:
    """Mixed into kombu's SQS channel, which polls its queues side by side."""

    hub: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked_at: dict[str, float] = {}
        # Queue -> since when the queue before it has not answered, and when this was last checked.
        self._quiet: dict[str, tuple[float, float]] = {}
        super().__init__(*args, **kwargs)

    def _schedule_queue(self, queue: str) -> None:
        """Poll, unless the queue to drain first may have something.

        A poll may still be asked for of a channel that was closed meanwhile, which has no connection any more.
        """
        channel: Any = self
        if channel.closed:
            return
        first = channel.transport_options.get(AFTER, {}).get(queue)
        polled = first in channel._active_queues and first not in channel.paused_queues
        if polled and self._may_answer(queue, self._asked_at.get(first, monotonic())):
            return
        super()._schedule_queue(queue)  # type: ignore[misc]

    def _may_answer(self, queue: str, asked_at: float) -> bool:
        """Return whether the queue before this one, polled at `asked_at`, may still answer; then check again later."""
        now = monotonic()
        since, checked_at = self._quiet.pop(queue, (now, now))
        if since < asked_at or now - checked_at > HELD_SECONDS:
            since = now
        if now - since >= EMPTY_SECONDS:
            return False
        self._quiet[queue] = (since, now)
        self.hub.call_later(CHECK_SECONDS, self._schedule_queue, queue)
        return True

    def _get_async(self, queue: str, *args: Any, **kwargs: Any) -> Any:
        self._asked_at[queue] = monotonic()
        return super()._get_async(queue, *args, **kwargs)  # type: ignore[misc]

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> Any:
        self._asked_at.pop(qname, None)  # the other one is its URL
        return super()._on_messages_ready(queue, qname, messages)  # type: ignore[misc]
