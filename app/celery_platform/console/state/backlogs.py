"""How long a queue was in the last hours, as Prometheus keeps it."""

import time
from dataclasses import dataclass

from celery_platform.console.chart import BARS
from celery_platform.console.state.shared_by_key import SharedByKey
from celery_platform.observability.status.prometheus import longest_backlogs
from celery_platform.settings import Runtime

HOURS = 6
# Least seconds between two questions about the same queue, and how many queues are kept.
SECONDS = 30.0
MOST_KEPT = 32


@dataclass(frozen=True)
class Backlog:
    """The most unfinished messages in each equal part of the time between two Unix times; `None` where not known."""

    begin: float
    end: float
    values: tuple[float | None, ...]


def shared_backlogs(runtime: Runtime, prometheus: str) -> SharedByKey[str, Backlog] | None:
    """The backlogs by the label of a queue; without a Prometheus `None`."""
    if not prometheus:
        return None

    def ask(label: str) -> Backlog:
        end, name = time.time(), runtime.environment.queues[label].name
        begin = end - HOURS * 3600
        return Backlog(begin, end, tuple(longest_backlogs(prometheus, name, begin, end, BARS)))

    return SharedByKey(ask, SECONDS, MOST_KEPT)
