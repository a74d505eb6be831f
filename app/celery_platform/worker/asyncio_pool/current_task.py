"""The run that a piece of code belongs to, wherever it runs: on the event loop, in `gather`, in `asyncio.to_thread`.

Celery finds the current task and its request by thread or greenlet. All coroutines share one thread, so here they are
found by a context variable, which asyncio hands on to everything that a coroutine starts.
"""

import os
from contextvars import ContextVar
from typing import Any

from celery import _state
from celery.utils import threads

from celery_platform.errors import SettingsError

# The run of an `async def` task that this context belongs to; none in a plain task.
run_of_context: ContextVar[Any] = ContextVar("run_of_context", default=None)
_celerys_ident = threads.get_ident


def _ident() -> Any:
    return run_of_context.get() or _celerys_ident()


def find_current_task_by_context(app: Any) -> None:
    """Have `self.request` and `current_task` find their run by context, in this process.

    Raises:
        SettingsError: Celery was told to keep them by thread alone.

    Example: `find_current_task_by_context(celery)`, when all tasks are registered
    """
    if os.environ.get("USE_FAST_LOCALS"):
        raise SettingsError(
            expected="Celery to find the current task by context in a pool of type asyncio",
            found="USE_FAST_LOCALS, with which it finds it by thread, and all coroutines share one",
            remedy="Remove the variable, or use a pool of another type.",
        )
    threads.get_ident = _ident  # of tasks that are registered later
    for stack in (_state._task_stack, *(task.request_stack for task in app.tasks.values())):  # type: ignore[attr-defined]
        stack.__ident_func__ = _ident
