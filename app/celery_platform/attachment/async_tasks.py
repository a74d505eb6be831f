"""`async def` tasks, which run in pools of type `asyncio` alone: elsewhere Celery gets a coroutine that nobody awaits.

The task would end at once as a success without having done anything where its result is ignored, and with an error
about JSON where it is stored. So a worker of another type that takes such tasks from its queues does not start.
"""

import inspect
from collections.abc import Callable
from typing import Any

from celery_platform.errors import ApplicationError
from celery_platform.reliability.errors import PermanentError
from celery_platform.routes import label_of
from celery_platform.settings import PoolSettings, Resolved

ASYNCIO = "asyncio"
# Where Celery keeps the function of a task that it retries by itself.
_WITHOUT_RETRIES = "_orig_run"


class NotAwaitedError(PermanentError):
    """The task's function returned a coroutine, which nobody awaits: nothing was done. Its message is dead-lettered."""

    def __init__(self) -> None:
        super().__init__(
            "the task returned a coroutine, which was not awaited: send `async def` tasks to queues of a pool of type "
            "asyncio alone, and make what decorates one `async def` too"
        )


def attribute_of_function(task: Any) -> str:
    """The attribute of a task that has its own function, beneath what retries it."""
    return _WITHOUT_RETRIES if _WITHOUT_RETRIES in vars(task) else "run"


def function_of(task: Any) -> Callable[..., Any]:
    """A task's own function, beneath what retries it.

    Example: `function_of(celery.tasks["orders.tasks.ship"])`
    """
    function: Callable[..., Any] = getattr(task, attribute_of_function(task))
    return function


def is_async(task: Any) -> bool:
    """Whether the function of a task is `async def`.

    Example: `is_async(celery.tasks["orders.tasks.ship"])`
    """
    return inspect.iscoroutinefunction(function_of(task))


def refuse_async_tasks(app: Any, environment: Resolved, pool: PoolSettings) -> None:
    """Compare the type of a pool with the functions of the tasks that it takes from its queues.

    Args:
        app: an application whose tasks are all registered.
        environment: the environment with the application's own routes (`routes.with_own_routes`).
        pool: the pool of the worker that is to start.

    Raises:
        ApplicationError: the pool would not await them, or a task is a generator that nobody can await.

    Example: `refuse_async_tasks(celery, environment, environment.pool("io"))`
    """
    taken = {name: task for name, task in app.tasks.items() if label_of(environment, name) in pool.queues}
    generators = sorted(name for name, task in taken.items() if inspect.isasyncgenfunction(function_of(task)))
    if generators:
        raise ApplicationError(
            expected="tasks that return a value",
            found=f"`async def` with `yield`, which returns a generator: {', '.join(generators)}",
            remedy="Return what the task computes, or publish a task for each part.",
        )
    coroutines = sorted(name for name, task in taken.items() if is_async(task))
    if coroutines and pool.type != ASYNCIO:
        raise ApplicationError(
            expected=f"no `async def` task in pool {pool.name}: one of type {pool.type} does not await it",
            found=", ".join(coroutines),
            remedy=f"Route these tasks to a queue whose only pools have `type: {ASYNCIO}` in the environment file, or "
            "declare them as `def`.",
        )


def refuse_coroutine(returned: Any) -> Any:
    """Return what a task's function returned, unless that is a coroutine.

    Raises:
        NotAwaitedError: it is one.
    """
    if inspect.iscoroutine(returned):
        returned.close()
        raise NotAwaitedError
    return returned
