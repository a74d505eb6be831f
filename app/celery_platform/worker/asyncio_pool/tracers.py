"""Threads that run everything around the bodies of `async def` tasks: Celery's tracer, hooks, results, settlement.

All of that is synchronous and may block: it waits for the result store and the broker. So it must not run on the event
loop; and hundreds of tasks need no hundreds of threads, because each of them waits for its body nearly all the time.
Here each task is a greenlet. It hands its body to the event loop, and its thread goes on with other greenlets until the
body has ended.
"""

import logging
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from celery_platform.worker.asyncio_pool.current_task import run_of_context
from celery_platform.worker.asyncio_pool.event_loop import EventLoop
from celery_platform.worker.asyncio_pool.run import Run

logger = logging.getLogger(__name__)


class Tracer:
    """A thread, and the runs that are bound to it."""

    def __init__(self, loop: EventLoop, number: int) -> None:
        self._loop = loop
        self._next: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._at_work = False
        self._thread = Thread(target=self._work, name=f"tracer-{number}", daemon=True)
        self._thread.start()

    def backlog(self) -> int:
        """How much the thread has to do: what waits for it, and what it is at, which may wait for the broker."""
        return self._next.qsize() + self._at_work

    def begin(self, run: Run, trace: Callable[[Run], None]) -> None:
        """Have `trace(run)` called in a greenlet of this thread."""

        def traced() -> None:
            run.greenlet, run.result_of = getcurrent(), partial(self._result_of, run)
            run_of_context.set(run)
            trace(run)
            run.forget()

        self._next.put(lambda: greenlet(traced).switch())

    def _result_of(self, run: Run, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine returns on the event loop, or raise what it raises; other runs go on meanwhile."""
        resume = partial(self._next.put, run.greenlet.switch)
        self._loop.call(run.begin_body, coroutine, copy_context(), resume)
        run.greenlet.parent.switch()
        return run.outcome()

    def stop(self) -> None:
        """End the thread once it has done what waits for it."""
        self._next.put(None)
        self._thread.join(1)

    def _work(self) -> None:
        while (turn := self._next.get()) is not None:
            self._at_work = True
            try:
                turn()
            except BaseException:
                logger.exception("a run ended its greenlet")
            self._at_work = False
