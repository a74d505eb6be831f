"""What waits for a thread or a greenlet of a pool does not begin once it is too late (`ending.py`).

The pool's own queue is out of the worker's reach: a gevent pool keeps the loop until a greenlet is free, and a thread
takes the next task by itself. So the task asks when its turn comes. It stays unacknowledged, and goes back with the
connection.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from celery.concurrency.thread import TaskPool as Threads

from celery_platform.transports.ending import Ending


def begin_in_time(pool: Any) -> None:
    """Have a running pool of threads or greenlets begin tasks only in time. Other pools are left as they are.

    Example: `begin_in_time(consumer.pool)`
    """
    if isinstance(pool, Threads):
        threads: Any = pool  # the stubs do not know its executor
        threads.executor.submit = partial(_put, threads.executor.submit)
    elif pool.is_green:
        pool._quick_put = partial(_put, pool._quick_put)


def _put(put: Callable[..., Any], begin: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return put(partial(_in_time, begin), *args, **kwargs)


def _in_time(begin: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return None if Ending.over() else begin(*args, **kwargs)
