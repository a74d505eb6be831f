"""Celery's threads pool, whose stop keeps the connection to the broker alive and acknowledges what ends meanwhile.

Celery 5.7.0 joins the threads and does nothing else until the last task ends. RabbitMQ then misses heartbeats and
ends the connection, and gives running tasks to other workers a second time; and where the stop runs out of time, what
finished during it is repeated with what did not. Its prefork pool serves both while it joins (`TaskPool.on_stop`).
Unnecessary as soon as this pool does so too; tests/celery_platform/worker/test_stop.py fails without it.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from celery.concurrency import ALIASES, prefork, thread  # type: ignore[attr-defined]
from kombu.asynchronous import get_event_loop

from celery_platform.transports.versions import tested

# The interval of checks, of which some fall into each of RabbitMQ's heartbeats, which are 3 s apart.
CHECK_SECONDS = 0.2

logger = logging.getLogger(__name__)


def install() -> None:
    """Let Celery find this pool by the name `threads`."""
    if tested():
        ALIASES["threads"] = f"{__name__}:TaskPool"


class TaskPool(thread.TaskPool):
    """As Celery's, but for its stop."""

    executor: ThreadPoolExecutor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._running: set[Future[Any]] = set()

    def on_apply(self, *args: Any, **kwargs: Any) -> Any:
        """Run a task, and remember that it runs."""
        result = super().on_apply(*args, **kwargs)
        self._running.add(result.f)
        result.f.add_done_callback(self._running.discard)
        return result

    def on_stop(self) -> None:
        """Wait for running tasks; those that wait for a thread go back to the broker."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        while wait(tuple(self._running), CHECK_SECONDS).not_done:
            _look_after_connection()
        super().on_stop()
        _look_after_connection()


def _look_after_connection() -> None:
    hub = get_event_loop()
    if hub is None:
        return
    try:
        hub.fire_timers()
        # Acknowledgements and rejections, and nothing else that waits there.
        prefork._run_ready_callbacks(hub)  # type: ignore[attr-defined]
    except Exception:
        logger.warning("the connection was not looked after during the stop", exc_info=True)
