"""One run of an `async def` task: its coroutine on the event loop, its time limits, and what may interrupt it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

from celery_platform.reliability.ends import Interrupted
from celery_platform.worker.asyncio_pool.interruptible import BodyExitError, Interruptible

# How long a coroutine may clean up after its cancellation. It is left to itself then, and its message is settled.
CLEAN_UP_SECONDS = 5.0

logger = logging.getLogger(__name__)
_numbers = count(1)


class HardLimitReached(Interrupted):
    """The run was cancelled at its hard time limit."""


class TerminatedRun(Interrupted):
    """The run was cancelled because its task was revoked, or its connection was lost."""


@dataclass(eq=False)
class Run:
    """A task that was given to the pool.

    `callback`, `failed`, `accepted` and `timed_out` are the request's. Limits are in seconds.
    """

    call: Callable[..., Any]
    callback: Callable[..., Any]
    failed: Callable[..., Any] | None
    accepted: Callable[..., Any] | None
    timed_out: Callable[..., Any] | None
    soft_limit: float | None
    hard_limit: float | None
    # Cancels it on the event loop, if it is an `async def` task.
    cancel: Callable[["Run", Interrupted], None] | None
    # Stands for the process id that Celery's remote control ends a task by.
    number: int = field(default_factory=lambda: next(_numbers))
    begun_at: float = 0.0
    # The greenlet that runs everything around the body, and what it waits with.
    greenlet: Any = None
    result_of: Callable[[Coroutine[Any, Any, Any]], Any] | None = None
    interruption: Interrupted | None = None
    _task: asyncio.Task[Any] | None = None
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)
    _ended: Callable[[], None] | None = None

    @property
    def is_async(self) -> bool:
        """Whether it is the run of an `async def` task."""
        return self.cancel is not None

    def terminate(self, signal: Any = None) -> None:  # noqa: ARG002 - Celery's signature
        """Cancel it. Celery calls this after it has noted why: the task was revoked, or its connection was lost."""
        if self.cancel is not None:
            self.cancel(self, TerminatedRun())

    def begin_body(self, coroutine: Coroutine[Any, Any, Any], context: Context, ended: Callable[[], None]) -> None:
        """Run a body on the event loop, which calls this, and `ended` once there is an `outcome`."""
        self._ended = ended
        body = Interruptible(coroutine)
        self._task = task = asyncio.get_running_loop().create_task(body, context=context)
        task.add_done_callback(self._body_ended)
        if self.interruption is not None:
            self._cancel(task)
        if self.soft_limit:
            self._after(self.soft_limit, self._soft_limit_reached, task, body)
        if self.hard_limit:
            self._after(self.hard_limit, self.interrupt, HardLimitReached())

    def outcome(self) -> Any:
        """Return what the body returned, or raise what it raised.

        Raises:
            Interrupted: it was cancelled.
        """
        if self.interruption is not None:
            raise self.interruption
        task = self._task
        if task is None:
            raise RuntimeError("the body was not begun")
        try:
            return task.result()
        except BodyExitError as wrapped:
            raise wrapped.raised from None

    def interrupt(self, reason: Interrupted) -> None:
        """Cancel the run, on the event loop. A run that has ended stays as it is."""
        task = self._task
        if self.interruption is None and (task is None or not task.done()):
            self.interruption = reason
            if task is not None:
                self._cancel(task)

    def forget(self) -> None:
        """Let go of what refers back to the run once it has ended, so that no garbage collector has to find it."""
        self.greenlet = self.result_of = self._task = None

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        self._timers.append(task.get_loop().call_later(CLEAN_UP_SECONDS, self._abandon, task))

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        if not task.done():
            logger.error("a cancelled task still runs after %s s: %r", CLEAN_UP_SECONDS, task)
            self._finish()

    def _after(self, seconds: float, call: Callable[..., Any], *args: Any) -> None:
        left = self.begun_at + seconds - monotonic()
        self._timers.append(asyncio.get_running_loop().call_later(max(0.0, left), call, *args))

    def _soft_limit_reached(self, task: asyncio.Task[Any], body: Interruptible) -> None:
        if task.done() or self.interruption is not None:
            return
        if self.timed_out is not None:
            self.timed_out(True, self.soft_limit)
        body.soft_limit = self.soft_limit
        task.cancel()

    def _body_ended(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            task.exception()  # noted, or asyncio would say that nobody asked for it
        self._finish()

    def _finish(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()
