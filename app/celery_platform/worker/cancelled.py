"""The tasks that people have cancelled, as this worker treats them: it runs none of them, and ends those that it can.

Celery does what is needed with a revoked id, in every pool, when its message is taken. It is told of the ids here, from
the worker's loop, because its sets are not made for other threads. It forgets each after three hours.
"""

import logging
import signal
from time import monotonic
from typing import Any

from celery.worker import state

from celery_platform.observability.timeline.cancellable import CAN_END
from celery_platform.transports.slots import EndsTasks

logger = logging.getLogger(__name__)


class Cancelled:
    """The cancelled tasks of one worker.

    Example: `Cancelled(consumer).apply(frozenset({task_id}))`, each second
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._known: frozenset[str] = frozenset()
        self._told_at = float("-inf")

    def apply(self, ids: frozenset[str]) -> None:
        """Let these be the cancelled tasks."""
        now = monotonic()
        due = ids and now - self._told_at > state.REVOKE_EXPIRES / 2
        if ids == self._known and not due:
            return
        for task_id in self._known - ids:
            state.revoked.discard(task_id)
        new, self._known, self._told_at = ids - self._known, ids, now
        state.revoked.update(ids)
        # Not Celery's weak sets: where tasks are threads, those change while they are walked through.
        for request in [each for each in list(state.requests.values()) if each.id in new]:
            self._end(request)

    def _end(self, request: Any) -> None:
        """End a task that this worker has taken, where its pool can."""
        pool = self._consumer.pool
        kind = type(pool).__module__.rpartition(".")[2]  # of Celery's own pools
        if not (pool.can_end(request.name) if isinstance(pool, EndsTasks) else kind in CAN_END):
            if request.time_start:
                logger.warning("%s[%s] is cancelled and goes on: its pool cannot end it", request.name, request.id)
            return
        logger.warning("%s[%s] is cancelled: it is ended", request.name, request.id)
        request.terminate(pool, signal.SIGTERM)
