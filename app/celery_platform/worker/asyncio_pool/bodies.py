"""Bodies of `async def` tasks: Celery's tracer gets what they return, instead of a coroutine."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from greenlet import getcurrent  # type: ignore[import-untyped]

from celery_platform.attachment.async_tasks import attribute_of_function, function_of, is_async
from celery_platform.routes import CELERYS_OWN
from celery_platform.worker.asyncio_pool.current_task import run_of_context
from celery_platform.worker.asyncio_pool.event_loop import EventLoop


def await_bodies(app: Any, loop: EventLoop) -> frozenset[str]:
    """Have the bodies of an application's `async def` tasks awaited on a loop; return the names of these tasks.

    What the application calls itself, as a function, stays what it was: a coroutine.

    Example: `await_bodies(celery, loop) == {"orders.tasks.ship"}`
    """
    names = frozenset(name for name, task in app.tasks.items() if is_async(task))
    for name in names:
        task = app.tasks[name]
        setattr(task, attribute_of_function(task), _awaited(task, function_of(task), loop))
    return names


def _awaited(task: Any, function: Callable[..., Any], loop: EventLoop) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        body = function(*args, **kwargs)
        if _in_a_loop() or not _by_worker(task):
            return body
        return _result_of(body, loop)

    return run


def _result_of(body: Coroutine[Any, Any, Any], loop: EventLoop) -> Any:
    run = run_of_context.get()
    if run is not None and run.greenlet is getcurrent():
        return run.result_of(body)
    # In a thread: a part of `celery.starmap` or `celery.chunks`.
    return asyncio.run_coroutine_threadsafe(body, loop.asyncio).result()


def _in_a_loop() -> bool:
    return asyncio._get_running_loop() is not None


def _by_worker(task: Any) -> bool:
    """Whether a message asked for it, by itself or among the parts of one of Celery's own tasks."""
    if not task.request.called_directly:
        return True
    outer = task.app.current_worker_task
    return outer is not None and str(outer.name).startswith(CELERYS_OWN)
