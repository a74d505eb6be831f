"""Celery 5.7.0 ends a prefork worker that connects anew while a child that has ended is still in its pool.

A child's end is seen when its pipe closes, a moment before the system has its exit code. Celery then forgets the pipe
(`AsynPool._untrack_child_process` sets it to None) and joins the child: at once or, if that was too early, up to five
seconds later. A connection that is made meanwhile registers every child of the pool again, that one with None:
"Unrecoverable error: ValueError('file descriptor is None')". Losing a connection ends children, because those whose
messages cannot be acknowledged any more are terminated, so the two come together: four workers of RabbitMQ and two of
Redis ended so in `make soak` of an hour. Here such a child is left to be joined.
Unnecessary as soon as `_track_child_process` skips it; `tests/celery_platform/guards/test_ended_child.py` shows it.
"""

from typing import Any

from celery.concurrency import prefork
from celery.concurrency.asynpool import AsynPool


class Pool(AsynPool):
    """Celery's pool, which watches no child whose end it has seen."""

    def _track_child_process(self, proc: Any, hub: Any) -> None:
        unwatched_yet = object()
        if getattr(proc, "_sentinel_poll", unwatched_yet) is not None:
            super()._track_child_process(proc, hub)  # type: ignore[misc] # its type stub leaves it out


def install() -> None:
    """Let prefork workers of this process use that pool."""
    prefork.TaskPool.Pool = Pool
