"""Serving a worker's metrics on CELERY_METRICS_PORT, from a thread that only reads."""

import atexit
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from celery_platform.observability.metrics import children

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from celery_platform.settings import PoolSettings, Resolved

logger = logging.getLogger(__name__)

PORT, ADDRESS = "CELERY_METRICS_PORT", "CELERY_METRICS_ADDRESS"
# Pools whose tasks run in the worker's own process; of the others children count for themselves.
ONE_PROCESS_POOLS = frozenset({"threads", "solo", "gevent"})


def prepare_metrics(pool: "PoolSettings") -> Path | None:
    """The folder in which this worker's children will count; `None` where they need none.

    Call before anything imports prometheus_client, as an application may: it decides at import where it counts.
    """
    if not os.environ.get(PORT) or pool.type in ONE_PROCESS_POOLS:
        return None
    return children.prepare_folder()


def start_metrics(
    environment: "Resolved", pool: "PoolSettings", tasks: Iterable[str], folder: Path | None = None
) -> None:
    """Count these tasks and serve from now on, when CELERY_METRICS_PORT is set; `folder` is of `prepare_metrics`.

    A port that is taken is logged: a worker nobody can see still works, and the alert on a missing target tells.

    Example: `CELERY_METRICS_PORT=9540 app worker --env local --pool io`, then `curl localhost:9540/metrics`
    """
    port = os.environ.get(PORT)
    if not port:
        return
    from prometheus_client import CollectorRegistry, disable_created_metrics, start_http_server

    from celery_platform.observability.metrics.state import WorkerState
    from celery_platform.observability.metrics.tasks import TaskMetrics
    from celery_platform.observability.metrics.totals import WithTotals

    disable_created_metrics()  # a series beside each, for a scraper that is not Prometheus
    hostname = f"{pool.name}@{socket.gethostname()}"
    counted, served = CollectorRegistry(), CollectorRegistry()
    counters = TaskMetrics(counted, environment, hostname)
    known = counters.begin_at_zero(tasks, pool.queues)
    counters.connect()
    state = WorkerState(environment, pool, hostname)
    state.connect()
    served.register(state)
    served.register(WithTotals(counted.collect if folder is None else _of_children(folder), known))
    if folder is not None:
        _remove_at_exit(folder)
    try:
        start_http_server(int(port), addr=os.environ.get(ADDRESS, "0.0.0.0"), registry=served)  # noqa: S104 - scraped
    except OSError:
        logger.exception("no metrics: cannot listen on port %s", port)


def _of_children(folder: Path) -> Callable[[], Iterator["Metric"]]:
    """Add up what parent and children wrote. One at a time: two scrapes must not fold the same file."""
    lock = threading.Lock()

    def collect() -> Iterator["Metric"]:
        with lock:
            children.fold_dead(folder)
            return iter(children.added_up(folder))

    return collect


def _remove_at_exit(folder: Path) -> None:
    parent = os.getpid()

    def remove() -> None:
        if os.getpid() == parent:
            children.remove_folder(folder)

    atexit.register(remove)
