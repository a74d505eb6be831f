"""Count the worker stops that ran out of time and requeued their running tasks.

The counts are kept in Valkey, because a process that exits cannot be scraped. `<prefix>:soft_stops` is a hash of counts
by pool, which the exporter serves.
"""

import logging
import threading
from typing import Any

from redis.exceptions import RedisError

from celery_platform.reliability import signals
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)

# RabbitMQ requeues the messages only when the connection is closed, so counting must not delay the exit.
WAIT_SECONDS = 2


def soft_stops_key(prefix: str) -> str:
    """The key of the counts.

    Example: `soft_stops_key("celery-prod") == "celery-prod:soft_stops"`
    """
    return f"{prefix}:soft_stops"


def connect(pool: str) -> None:
    """Count the stops of this process, a worker of `pool`."""

    def count() -> None:
        try:
            valkey().hincrby(soft_stops_key(runtime().environment.prefix), pool, 1)
        except RedisError:
            logger.warning("could not count a stop that requeued tasks", exc_info=True)

    def given_back(**_: Any) -> None:
        counting = threading.Thread(target=count, daemon=True)
        counting.start()
        counting.join(WAIT_SECONDS)

    signals.tasks_given_back.connect(given_back, weak=False)
