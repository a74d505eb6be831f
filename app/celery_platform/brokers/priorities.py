"""Priorities: RabbitMQ orders a queue's messages itself; on SQS and Redis a second queue is drained first.

The environment lists that second queue as one of its queues (`celery_platform/environment/derived/queues.py`), so
it has a dead letter queue, alarms and an autoscaler's trigger like any other. Urgent messages begin before
waiting ones; a message that a worker has prefetched stays with that worker.
"""

from collections.abc import Collection
from time import monotonic
from typing import Any

from kombu.utils.scheduling import round_robin_cycle

from celery_platform.refusals.priority import HIGH
from celery_platform.settings import QueueSettings, Resolved

# A key of an SQS connection's transport options: queue -> the queue to drain before it.
AFTER = "drained_after"
# SQS answers a long poll at once when a message is there, so a poll that waits means that the queue is empty.
EMPTY_SECONDS = 0.5
# The interval of checks meanwhile. When a check comes much later, a task blocked the loop (a turbo pool), and the
# answer of SQS could not be read.
CHECK_SECONDS, HELD_SECONDS = 0.05, 0.1


def prioritised(environment: Resolved, queue: QueueSettings, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a call to `queue`, with its name and the priority that the broker keeps: high or none.

    Example: `prioritised(environment, environment.queues["email"], {"priority": 9})["priority"] == 5`
    """
    options = options | {"queue": queue.name}
    if (options.get("priority") or 0) < HIGH:
        return {name: value for name, value in options.items() if name != "priority"}
    # The priority stays in the message on every broker, because a retry is sent with the priority of its message.
    options = options | {"priority": HIGH}
    high = queue.high_priority_queue
    return options | {"queue": environment.queues[high].name} if high else options


def overtaken(environment: Resolved) -> dict[str, str]:
    """Names of queues, each with the name of the queue to drain before it."""
    return {
        queue.name: environment.queues[queue.high_priority_queue].name
        for queue in environment.queues.values()
        if queue.high_priority_queue
    }


class HighFirst(round_robin_cycle):  # type: ignore[type-arg]
    """The order in which a worker polls its lists on Redis: urgent ones first, then the others in turn."""

    def __init__(self, high: Collection[str]) -> None:
        super().__init__()
        self.high = high

    def consume(self, n: int) -> Any:
        """Return the next `n` queues. Redis answers from the first that has a message."""
        return sorted(super().consume(n), key=lambda queue: queue not in self.high)


class InOrder:
    """Mixed into kombu's SQS channel, which polls its queues side by side."""

    hub: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked_at: dict[str, float] = {}
        # Queue -> since when the queue before it has not answered, and when this was last checked.
        self._quiet: dict[str, tuple[float, float]] = {}
        super().__init__(*args, **kwargs)

    def _schedule_queue(self, queue: str) -> None:
        """Poll, unless the queue to drain first may have something."""
        channel: Any = self
        first = channel.transport_options.get(AFTER, {}).get(queue)
        if first in channel._active_queues and self._may_answer(queue, self._asked_at.get(first, monotonic())):
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
        self._asked_at.pop(qname, None)  # `queue` is its URL
        return super()._on_messages_ready(queue, qname, messages)  # type: ignore[misc]
