"""A coroutine whose cancellation can be given a reason: the soft time limit is raised where the coroutine waits.

asyncio can throw nothing but `CancelledError` into a running task. An exception that is no `CancelledError` would also
be wrong there: `TaskGroup`, `asyncio.timeout` and libraries cancel and await what they started only when they see one.
So the soft limit is both. `except SoftTimeLimitExceeded` and `except Exception` catch it as in any other pool. From a
`TaskGroup` it comes in an exception group, as all but a plain `CancelledError` does (Python 3.11 and 3.12).
"""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded


class SoftLimitReached(SoftTimeLimitExceeded, asyncio.CancelledError):
    """Raised inside a coroutine at its soft time limit. What leaves the coroutine is `SoftTimeLimitExceeded` alone."""


class BodyExitError(Exception):
    """The body raised `SystemExit` or `KeyboardInterrupt`, which would end the event loop."""

    def __init__(self, raised: BaseException) -> None:
        super().__init__(raised)
        self.raised = raised


class Interruptible(Coroutine[Any, Any, Any]):
    """Behaves as `body`, except that the next cancellation after `soft_limit` was set is raised as that.

    Example: `task = loop.create_task(interruptible)`, later `interruptible.soft_limit = 60`, `task.cancel()`
    """

    def __init__(self, body: Coroutine[Any, Any, Any]) -> None:
        self._body = body
        self.soft_limit: float | None = None

    def send(self, value: Any) -> Any:
        """Run the body until it waits again."""
        try:
            return self._body.send(value)
        except (SoftLimitReached, ExceptionGroup, SystemExit, KeyboardInterrupt) as error:
            raise _outside(error) from error.__cause__

    def throw(self, error: Any, value: Any = None, traceback: Any = None) -> Any:
        """Raise an error where the body waits; a cancellation at the soft limit is raised as `SoftLimitReached`."""
        if value is not None:
            error = value
        if self.soft_limit is not None and isinstance(error, asyncio.CancelledError):
            error, self.soft_limit = SoftLimitReached(self.soft_limit), None
            # The limit is no cancellation of the task: the body may go on, with timeouts and task groups of its own.
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        try:
            return self._body.throw(error if traceback is None else error.with_traceback(traceback))
        except (SoftLimitReached, ExceptionGroup, SystemExit, KeyboardInterrupt) as raised:
            raise _outside(raised) from raised.__cause__

    def close(self) -> None:
        """End a body that was never run or is not awaited any more."""
        self._body.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        """Wait for the body as for any coroutine."""
        return self._body.__await__()

    def __getattr__(self, name: str) -> Any:
        """Show the body's frame and code to asyncio's debugging."""
        return getattr(self._body, name)


def _outside(error: BaseException) -> BaseException:
    """What leaves the coroutine in place of what its body raised."""
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return BodyExitError(error)
    reached = _soft_limit_alone(error)
    return error if reached is None else SoftTimeLimitExceeded(*reached.args).with_traceback(error.__traceback__)


def _soft_limit_alone(error: BaseException) -> SoftLimitReached | None:
    if isinstance(error, SoftLimitReached):
        return error
    if isinstance(error, ExceptionGroup) and error.split(SoftLimitReached)[1] is None:
        return next(found for each in error.exceptions if (found := _soft_limit_alone(each)) is not None)
    return None
