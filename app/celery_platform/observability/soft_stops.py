"""Stops that ran out of time and gave tasks back, counted in Valkey: a process that ends cannot be scraped.

`<prefix>:soft_stops` is a hash of counts by pool. The exporter serves it.
"""

import logging
import threading
from typing import Any

from redis.exceptions import RedisError

from celery_platform.reliability import signals
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)

# RabbitMQ has the tasks back only when the connection ends, so the count may not keep a process long.
WAIT_SECONDS = 2


def soft_stops_key(prefix: str) -> str:
    """Where the counts are.

    Example: `soft_stops_key("celery-prod") == "celery-prod:soft_stops"`
    """
    return f"{prefix}:soft_stops"


def connect(pool: str) -> None:
    """Count those of this process, a worker of `pool`."""

    def count() -> None:
        try:
            valkey().hincrby(soft_stops_key(runtime().environment.prefix), pool, 1)
        except RedisError:
            logger.warning("could not count that tasks were given back", exc_info=True)

    def given_back(**_: Any) -> None:
        counting = threading.Thread(target=count, daemon=True)
        counting.start()
        counting.join(WAIT_SECONDS)

    signals.tasks_given_back.connect(given_back, weak=False)
