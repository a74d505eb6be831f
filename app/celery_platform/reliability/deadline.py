"""A task that comes too late is not run, because nobody wants its result any more and other tasks wait behind it.

After an outage a queue holds hours of work whose senders have given up. With a deadline, workers clear it in moments.
"""

import functools
import inspect
import math
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from celery import current_task
from celery.app.task import Context

from celery_platform.reliability.errors import PermanentError

P = ParamSpec("P")
R = TypeVar("R")


class DeadlinePassedError(PermanentError):
    """The task was due `late_seconds` before it would have run. Its message is dead-lettered."""

    def __init__(self, late_seconds: float) -> None:
        super().__init__(f"not run: its deadline passed {late_seconds:.1f} s ago")
        self.late_seconds = late_seconds

    def __reduce__(self) -> tuple[type["DeadlinePassedError"], tuple[float]]:
        """Return the class and its argument, with which the parent of a pool's child unpickles the error."""
        return type(self), (self.late_seconds,)


class DroppedError(DeadlinePassedError):
    """As `DeadlinePassedError`, but the message is not dead-lettered: the task only counts as a failure."""

    dead_letter = False


def deadline(seconds: float, *, drop: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run the task only within `seconds` of its first sending, or of its replay, retries and waits included.

    `drop` discards a late task instead of dead-lettering its message. The header `deadline` (seconds since 1970) of one
    message, `apply_async(..., headers={"deadline": time.time() + 5})`, overrides `seconds`. Make this the outermost of
    several decorators, so that a late task costs nothing. The sender's clock is compared with the worker's: allow for
    their difference. A call outside a worker has no deadline.

    Raises:
        DeadlinePassedError, DroppedError: instead of running.

    Example:
        @celery.task(name="orders.tasks.count")
        @deadline(3_600, drop=True)
        def count(order_id): ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        def refuse_if_late() -> None:
            late = time.time() - _due(current_task.request, seconds) if current_task else 0
            if late > 0:
                raise (DroppedError if drop else DeadlinePassedError)(late)

        def call(*given: Any, **named: Any) -> Any:
            refuse_if_late()
            return function(*given, **named)

        async def call_async(*given: Any, **named: Any) -> Any:
            refuse_if_late()
            return await function(*given, **named)  # type: ignore[misc] # it is `async def`

        run: Any = functools.wraps(function)(call_async if inspect.iscoroutinefunction(function) else call)
        run.__signature__ = inspect.signature(function)  # as in idempotent.py
        return run  # type: ignore[no-any-return] # of the function's own type

    return decorate


def _due(request: Context, seconds: float) -> float:
    """When a task is due, in seconds since 1970; never for a call that no message asked for."""
    if own := request.get("deadline"):
        return float(own)
    sent_at = request.get("replayed_at") or request.get("sent_at")
    return sent_at + seconds if sent_at else math.inf
