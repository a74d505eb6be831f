"""Takes nothing from some of a worker's queues, while it goes on with the others.

Where the worker polls (SQS, Redis), it no longer asks for these. RabbitMQ delivers by itself, so there the consumer of
each is cancelled. What was taken before runs: given back, it would count as a delivery that nobody made.
"""

import logging
from time import monotonic
from typing import Any

from amqp import Channel, spec

from celery_platform.guards.polled import Polled
from celery_platform.transports.amqp.withheld import WithholdsAcks
from celery_platform.transports.intake import QUIET_SECONDS

logger = logging.getLogger(__name__)


class PausedQueues:
    """The paused queues of one connection. `tasks` is the worker's consumer (kombu's).

    Nothing waits here: the loop calls `apply` again and again, and once before the worker begins to consume.

    Example: `PausedQueues(consumer.task_consumer).apply(frozenset({"celery-prod-email"}))`
    """

    def __init__(self, tasks: Any) -> None:
        self._tasks = tasks
        self._channel = tasks.channel
        # Of RabbitMQ: the queues that are not consumed; of these, the tags of consumers that still have to be
        # cancelled, and those whose end the broker is to confirm.
        self._left: dict[str, Any] = {}
        self._to_cancel: dict[str, str] = {}
        self._cancelled: dict[str, str] = {}
        self._quiet_at = 0.0

    def apply(self, names: frozenset[str]) -> None:
        """Let the queues of these names be the paused ones."""
        if isinstance(self._channel, Polled):
            self._channel.paused_queues = names
        elif isinstance(self._channel, Channel):
            self._leave(names)
            self._cancel()
            self._confirm()
            self._take_again(names)

    def _leave(self, names: frozenset[str]) -> None:
        consumed = self._tasks._queues
        for name in [name for name in consumed if name in names]:
            self._left[name] = consumed.pop(name)
            tag = self._tasks._active_tags.get(name)
            if tag is not None:
                self._to_cancel[name] = tag
        if self._to_cancel and not self._quiet_at:
            self._quiet_at = monotonic()
            if isinstance(self._channel, WithholdsAcks):
                self._channel.withhold()
                self._quiet_at += QUIET_SECONDS

    def _cancel(self) -> None:
        """Cancel without waiting for the answer: kombu would hand over what arrives meanwhile from inside of this."""
        if not self._to_cancel or monotonic() < self._quiet_at:
            return
        for tag in self._to_cancel.values():
            self._channel.send_method(spec.Basic.Cancel, "sb", (tag, False))
        self._cancelled |= self._to_cancel
        self._to_cancel, self._quiet_at = {}, 0.0
        if isinstance(self._channel, WithholdsAcks):
            self._channel.release()

    def _confirm(self) -> None:
        for name, tag in list(self._cancelled.items()):
            if tag not in self._channel.callbacks:
                del self._cancelled[name]
                self._tasks._active_tags.pop(name, None)

    def _take_again(self, names: frozenset[str]) -> None:
        ready = [name for name in self._left if name not in names | self._to_cancel.keys() | self._cancelled.keys()]
        for name in ready:
            self._tasks._queues[name] = self._left.pop(name)
        if ready:
            self._tasks.consume()
