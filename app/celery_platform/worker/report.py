"""What this worker says about itself in the store, read from what Celery and its pool keep anyway."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from celery.worker import state

from celery_platform.observability.releases import own_release
from celery_platform.observability.worker_reports import MOST_RUNNING, Running, WorkerReport
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime
from celery_platform.turbo.worker.task_in_loop import RunsTaskInLoop

logger = logging.getLogger(__name__)


def report(consumer: Any, paused: frozenset[str]) -> WorkerReport:
    """The worker's state now. Called from a thread of its own, while tasks begin and end.

    Example: `report(consumer, frozenset()).running`
    """
    running = sorted(_running(consumer.pool), key=lambda each: each.since)
    pool = consumer.hostname.partition("@")[0].rpartition("-")[0]  # as `worker.start` names nodes
    return WorkerReport(
        name=consumer.hostname,
        pool=pool,
        at=time.time(),
        slots=int(getattr(consumer.pool, "num_processes", None) or consumer.pool.limit or 1),
        busy=len(running),
        held=max(len(state.requests), len(running)),
        running=tuple(running[:MOST_RUNNING]),
        paused=tuple(sorted(paused)),
        release=own_release(),
    )


def _running(pool: Any) -> Iterator[Running]:
    # Not Celery's weak sets: where tasks are threads, those change while they are walked through.
    started = [request for request in list(state.requests.values()) if request.time_start]
    yield from (_described(request, request.time_start) for request in started)
    if not started and isinstance(pool, RunsTaskInLoop):
        request, since = pool.request_of_running_task(), pool.running_since()
        if request is not None and since is not None:
            yield _described(request, since)


def _described(request: Any, since: float) -> Running:
    name, task_id, root = str(request.name), str(request.id), str(request.root_id or "")
    queue = queue_of_request(runtime().environment, name, request).label
    return Running(name, task_id, queue, since, "" if root == task_id else root)
