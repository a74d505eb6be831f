"""What is urgent first: RabbitMQ orders a queue's messages itself, on SQS and Redis a second queue is drained first.

The environment writes that second queue out as one of its queues (`celery_platform/environment/derived/queues.py`), so
it has a dead letter queue, alarms and an autoscaler's trigger like any other. Nothing waiting is begun before what is
urgent; what a worker already holds stays where it is.
"""

from collections.abc import Collection
from time import monotonic
from typing import Any

from kombu.utils.scheduling import round_robin_cycle

from celery_platform.refusals.priority import HIGH
from celery_platform.settings import QueueSettings, Resolved

# In an SQS connection's transport options: queue -> the queue to drain before it.
AFTER = "drained_after"
# SQS answers a long poll at once when something is there, so one that waits says that the queue is empty.
EMPTY_SECONDS = 0.5
# Looked at so often meanwhile: when a look comes much later, a task held the loop (a turbo pool) and nobody could read
# what SQS had answered.
LOOK_SECONDS, HELD_SECONDS = 0.05, 0.1


def prioritised(environment: Resolved, queue: QueueSettings, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a call to `queue` with its `priority` as the broker keeps it, high or none, and the queue's name.

    Example: `prioritised(environment, environment.queues["email"], {"priority": 9})["priority"] == 5`
    """
    options = options | {"queue": queue.name}
    if (options.get("priority") or 0) < HIGH:
        return {name: value for name, value in options.items() if name != "priority"}
    # It stays with the message on every broker, because a retry is sent with the priority of its message.
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
    """The order in which a worker asks Redis for its lists: urgent ones, then the others in turn."""

    def __init__(self, high: Collection[str]) -> None:
        super().__init__()
        self.high = high

    def consume(self, n: int) -> Any:
        """The next `n` queues. Redis answers from the first that has a message."""
        return sorted(super().consume(n), key=lambda queue: queue not in self.high)


class InOrder:
    """Mixed into kombu's SQS channel, which polls its queues side by side."""

    hub: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked_at: dict[str, float] = {}
        # Queue -> since when the one before it says nothing, and when that was last looked at.
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
        """Whether the queue before this one, asked then, may still have something; this one is looked at again then."""
        now = monotonic()
        since, looked_at = self._quiet.pop(queue, (now, now))
        if since < asked_at or now - looked_at > HELD_SECONDS:
            since = now
        if now - since >= EMPTY_SECONDS:
            return False
        self._quiet[queue] = (since, now)
        self.hub.call_later(LOOK_SECONDS, self._schedule_queue, queue)
        return True

    def _get_async(self, queue: str, *args: Any, **kwargs: Any) -> Any:
        self._asked_at[queue] = monotonic()
        return super()._get_async(queue, *args, **kwargs)  # type: ignore[misc]

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> Any:
        self._asked_at.pop(qname, None)  # the other one is its URL
        return super()._on_messages_ready(queue, qname, messages)  # type: ignore[misc]
