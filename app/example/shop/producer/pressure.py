"""Back-pressure: work is refused at the door when its queue is longer than workers can be expected to work off."""

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

# How old a depth may be: asking for each request would cost the broker more than the work.
FRESH_SECONDS = 1.0
# A broker that does not say how long its queue is must not use up the budget of publishing.
ANSWER_SECONDS = 1.0


class Pressure:
    """The depth of each queue, asked at most once a second, against the environment's `alerts.queue_length`."""

    def __init__(self) -> None:
        self._depths: dict[str, tuple[float, int]] = {}
        self._lock = Lock()

    def admit(self, label: str) -> None:
        """Let a request for the queue `label` in.

        Raises:
            RefusedError: the queue is past its limit; `retry_after` is how long it may take to get shorter.
        """
        limit = int(runtime().environment.alerts["queue_length"])
        found = self._depth(label)
        if found >= limit:
            wait = min(60, max(1, found // limit * 5))
            raise RefusedError(f"{found} tasks wait in {label}, the limit is {limit}", retry_after=wait)

    def _depth(self, label: str) -> int:
        with self._lock:  # one asks, the others take its answer
            asked_at, found = self._depths.get(label, (float("-inf"), 0))
            if time.monotonic() - asked_at > FRESH_SECONDS:
                queue = broker_of(runtime()).queue(runtime().environment.queues[label])
                try:
                    with budget(ANSWER_SECONDS), celery.connection_for_write(connect_timeout=1) as connection:
                        found = depth(connection, queue)
                except Exception as error:
                    # Advice only: whether the broker takes work is for publishing to find out, or for the relay.
                    logger.warning("the depth of %s is not known: %s", label, error)
                    found = 0
                self._depths[label] = time.monotonic(), found
            return found
