"""Refuse a pool that runs tasks concurrently in one process if its result backend is not thread-safe.

Celery would then create a backend with its own connections for each task of the pool (`app.backend` is local to a
thread or greenlet). The connections stay open, until Redis runs out of them.
"""

from typing import Any

from celery_platform.errors import SettingsError

CONCURRENT_POOLS = ("gevent", "threads", "asyncio")


def refuse_an_unsafe_backend(pool: str, conf: Any) -> None:
    """Check the pool's type against Celery's settings before a worker starts.

    Raises:
        SettingsError: the pool needs `result_backend_thread_safe`, and it is off.
    """
    if pool in CONCURRENT_POOLS and not conf.result_backend_thread_safe:
        raise SettingsError(
            expected=f"result_backend_thread_safe for a pool of type {pool}",
            found="False",
            remedy="Leave it as celery_platform/attachment/configuration.py sets it, or use a prefork or turbo pool.",
        )
