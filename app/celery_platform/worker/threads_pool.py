"""Celery's threads pool, but while it stops it keeps the broker connection alive and acknowledges finished tasks.

Celery 5.7.0 joins the threads and does nothing else until the last task ends. RabbitMQ then misses heartbeats, closes
the connection and delivers the messages of running tasks again. If the stop runs out of time, even tasks that finished
during it are repeated. Celery's prefork pool serves the connection while it joins (`TaskPool.on_stop`). Unnecessary as
soon as the threads pool does so too; tests/celery_platform/worker/test_stop.py fails without it.
"""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from celery.concurrency import ALIASES, thread  # type: ignore[attr-defined]

from celery_platform.settlement.places import request_of
from celery_platform.transports.slots import HasPlaces, Places
from celery_platform.transports.versions import tested
from celery_platform.worker.serve_connection import CHECK_SECONDS, serve_connection


def install() -> None:
    """Register this pool with Celery under the name `threads`."""
    if tested():
        ALIASES["threads"] = f"{__name__}:TaskPool"


class TaskPool(thread.TaskPool, HasPlaces):
    """Celery's pool, except for its stop."""

    executor: ThreadPoolExecutor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What was submitted and has not ended, and the callback of each.
        self._running: dict[Future[Any], Any] = {}

    def on_apply(self, *args: Any, **kwargs: Any) -> Any:
        """Run a task and keep track of it."""
        result = super().on_apply(*args, **kwargs)
        self._running[result.f] = kwargs.get("callback")
        result.f.add_done_callback(self._running.pop)
        return result

    def places(self) -> Places:
        """Return the requests that have a thread, and those that wait for one."""
        found = Places()
        for future, callback in list(self._running.items()):
            (found.running if future.running() else found.waiting).append(request_of(callback))
        return found

    def on_stop(self) -> None:
        """Wait for running tasks. The messages of tasks that still wait for a thread are requeued."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        while wait(tuple(self._running), CHECK_SECONDS).not_done:
            serve_connection()
        super().on_stop()
        serve_connection()
