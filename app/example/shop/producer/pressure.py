"""Back-pressure: requests are refused while their queue is longer than its limit."""

import logging
import time
from threading import Lock

from celery_platform.brokers import broker_of
from celery_platform.brokers.depth import depth
from celery_platform.settings import runtime
from celery_platform.transports.amqp.publish_budget import budget

from shop.celery import celery
from shop.producer.publishing import RefusedError

logger = logging.getLogger(__name__)

# Seconds for which a depth is used again, because a query for each request would cost the broker more than the task.
FRESH_SECONDS = 1.0
# Timeout of a query, so that a slow one does not use up the budget of the publish.
ANSWER_SECONDS = 1.0


class Pressure:
    """Compares the depth of each queue, queried at most once a second, with the environment's `alerts.queue_length`."""

    def __init__(self) -> None:
        self._depths: dict[str, tuple[float, int]] = {}
        self._lock = Lock()

    def admit(self, label: str) -> None:
        """Admit a request for the queue `label`.

        Raises:
            RefusedError: the queue is longer than its limit; `retry_after` is when to try again.
        """
        limit = int(runtime().environment.alerts["queue_length"])
        found = self._depth(label)
        if found >= limit:
            wait = min(60, max(1, found // limit * 5))
            raise RefusedError(f"{found} tasks wait in {label}, the limit is {limit}", retry_after=wait)

    def _depth(self, label: str) -> int:
        with self._lock:  # one thread queries, the others use its result
            asked_at, found = self._depths.get(label, (float("-inf"), 0))
            if time.monotonic() - asked_at > FRESH_SECONDS:
                queue = broker_of(runtime()).queue(runtime().environment.queues[label])
                try:
                    with budget(ANSWER_SECONDS), celery.connection_for_write(connect_timeout=1) as connection:
                        found = depth(connection, queue)
                except Exception as error:
                    # The depth is only a hint; whether the broker accepts messages shows when publishing, or in the
                    # relay.
                    logger.warning("the depth of %s is unknown: %s", label, error)
                    found = 0
                self._depths[label] = time.monotonic(), found
            return found
