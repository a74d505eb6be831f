"""Refuses a pool that runs tasks concurrently in one process with a result backend that is not safe for it.

Celery then builds a backend, with connections of its own, for each task that such a pool runs (`app.backend` is local
to a thread or greenlet), and they stay open: Redis runs out of connections.
"""

from typing import Any

from celery_platform.errors import SettingsError

CONCURRENT_POOLS = ("gevent", "threads")


def refuse_an_unsafe_backend(pool: str, conf: Any) -> None:
    """Compare the pool's type with Celery's settings, before a worker starts.

    Raises:
        SettingsError: the pool needs `result_backend_thread_safe`, and it is off.
    """
    if pool in CONCURRENT_POOLS and not conf.result_backend_thread_safe:
        raise SettingsError(
            expected=f"result_backend_thread_safe for a pool of type {pool}",
            found="False",
            remedy="Leave it as celery_platform/attachment/configuration.py sets it, or use a prefork or turbo pool.",
        )
