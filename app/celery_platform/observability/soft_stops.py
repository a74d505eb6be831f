"""Count the worker stops that ran out of time and requeued their running tasks.

The counts are kept in Valkey, because a process that exits cannot be scraped. `<prefix>:soft_stops` is a hash of counts
by pool, which the exporter serves. They are stored with all else that the process has gathered before it exits.
"""

from typing import Any

from celery_platform.observability import counts
from celery_platform.reliability import signals
from celery_platform.settings import runtime


def soft_stops_key(prefix: str) -> str:
    """The key of the counts.

    Example: `soft_stops_key("celery-prod") == "celery-prod:soft_stops"`
    """
    return f"{prefix}:soft_stops"


def connect(pool: str) -> None:
    """Count the stops of this process, a worker of `pool`."""

    def given_back(**_: Any) -> None:
        counts.add(soft_stops_key(runtime().environment.prefix), pool)

    signals.tasks_given_back.connect(given_back, weak=False)
