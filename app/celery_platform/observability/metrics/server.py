"""Serve a worker's metrics on CELERY_METRICS_PORT, from a thread that only reads them."""

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

    from celery_platform.observability.metrics.state import WorkerState
    from celery_platform.settings import PoolSettings, Resolved

logger = logging.getLogger(__name__)

PORT, ADDRESS = "CELERY_METRICS_PORT", "CELERY_METRICS_ADDRESS"
# Pools whose tasks run in the worker's own process. In the other pools, the child processes count.
ONE_PROCESS_POOLS = frozenset({"threads", "solo", "gevent", "asyncio"})


def prepare_metrics(pool: "PoolSettings") -> Path | None:
    """The folder for the counters of this worker's child processes; `None` if it needs none.

    Warning: call it before anything, such as the application, imports prometheus_client, which reads the setting at
    import.
    """
    if not os.environ.get(PORT) or pool.type in ONE_PROCESS_POOLS:
        return None
    return children.prepare_folder()


def start_metrics(
    environment: "Resolved", pool: "PoolSettings", tasks: Iterable[str], folder: Path | None = None
) -> "WorkerState | None":
    """Count the tasks and start serving the metrics, if CELERY_METRICS_PORT is set.

    Returns what computes the worker's gauges; `None` without the variable.

    If the port is in use, the error is only logged: the worker still works, and the alert on a missing target fires.

    Args:
        environment: the resolved environment.
        pool: the pool of this worker.
        tasks: the names of the tasks whose series start at zero.
        folder: the result of `prepare_metrics`.

    Example: `CELERY_METRICS_PORT=9540 app worker --env local --pool io`, then `curl localhost:9540/metrics`
    """
    port = os.environ.get(PORT)
    if not port:
        return None
    from prometheus_client import CollectorRegistry, disable_created_metrics, start_http_server

    from celery_platform.observability.metrics.state import WorkerState
    from celery_platform.observability.metrics.tasks import TaskMetrics
    from celery_platform.observability.metrics.totals import WithTotals

    if folder is not None:
        children.know_process()
    disable_created_metrics()  # an extra series per metric, which Prometheus does not use
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
    return state


def _of_children(folder: Path) -> Callable[[], Iterator["Metric"]]:
    """Sum the values of parent and children. The lock prevents that two scrapes merge the same file."""
    lock = threading.Lock()

    def collect() -> Iterator["Metric"]:
        with lock:
            children.merge_dead(folder)
            return iter(children.added_up(folder))

    return collect


def _remove_at_exit(folder: Path) -> None:
    parent = os.getpid()

    def remove() -> None:
        if os.getpid() == parent:
            children.remove_folder(folder)

    atexit.register(remove)
