"""Compares, from a worker's event loop, what its channel holds with what its tasks settle (`balance.py`)."""

import logging
from time import monotonic
from typing import Any

from celery_platform.reliability.signals import delivery_unaccounted
from celery_platform.settlement.balance import UNSETTLED, Lasting, Problem, problems
from celery_platform.settlement.places import places_of
from celery_platform.transports.held import held_by
from celery_platform.transports.slots import FreesSlots

logger = logging.getLogger(__name__)

SAID_AT_MOST = 5


class Audit:
    """The audit of one worker. `failed` says whether something does not balance, and has not for some time.

    Example: `audit = Audit(consumer)`, every few seconds `audit.compare()`, then `audit.failed`
    """

    def __init__(self, consumer: Any) -> None:
        self.failed = False
        self._consumer = consumer
        self._lasting = Lasting()
        self._channel: Any = None
        self._slot_freed = False

    def compare(self) -> None:
        """Compare, between two turns of the loop, when no task holds it."""
        tasks = self._consumer.task_consumer
        channel = getattr(tasks, "channel", None)
        if channel is not self._channel:
            self._channel = channel
            self._lasting.clear()
        if channel is None:
            return
        held = held_by(channel)
        places = places_of(self._consumer)
        lasting = self._lasting.after(monotonic(), problems(held, channel, places))
        if lasting and not self.failed:
            self._say(lasting)
        self.failed = bool(lasting) or self._slot_freed
        if lasting and places.without_request and isinstance(self._consumer.pool, FreesSlots):
            self._consumer.pool.free_slots()
            self._slot_freed = True  # what the slot belongs to is not as it was

    def _say(self, lasting: list[Problem]) -> None:
        for kind, _ in lasting:
            delivery_unaccounted.send(sender=None, problem=kind)
        said = ", ".join(_in_words(problem) for problem in lasting[:SAID_AT_MOST])
        more = f" and {len(lasting) - SAID_AT_MOST} more" if len(lasting) > SAID_AT_MOST else ""
        logger.error(
            "what this worker took is neither settled nor held by a task: %s%s: the heartbeat stops, so that it is "
            "started again", said, more,
        )  # fmt: skip


def _in_words(problem: Problem) -> str:
    kind, what = problem
    if kind == UNSETTLED:
        return f"{kind} {what}"
    name, task_id = getattr(what, "name", ""), getattr(what, "id", "")
    return f"{kind} (after {name}[{task_id}])" if name else kind
