"""A Celery pool whose `async def` tasks run on one event loop, and whose plain tasks run in threads.

    consumer (main thread) --> tracer thread: a greenlet per run --> event loop: the coroutine
                           --> thread of a plain task

Both kinds share the slots of the pool. What waits for a slot waits here, and not in an executor, so that it is known
which requests run.
"""

import logging
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic, sleep
from typing import Any

from billiard.einfo import ExceptionInfo
from billiard.exceptions import Terminated
from celery.concurrency.base import BasePool, apply_target

from celery_platform.reliability.ends import Interrupted
from celery_platform.settlement.places import request_of
from celery_platform.transports.ending import Ending
from celery_platform.transports.slots import CanBeStuck, EndsTasks, HasPlaces, Places
from celery_platform.worker.asyncio_pool.bodies import await_bodies
from celery_platform.worker.asyncio_pool.current_task import find_current_task_by_context
from celery_platform.worker.asyncio_pool.event_loop import EventLoop
from celery_platform.worker.asyncio_pool.run import CLEAN_UP_SECONDS, HardLimitReached, Run, TerminatedRun
from celery_platform.worker.asyncio_pool.tracers import Tracer
from celery_platform.worker.asyncio_pool.watch import Watch
from celery_platform.worker.serve_connection import CHECK_SECONDS, serve_connection

# Threads for what is around the bodies. More than one, so that a run which waits for the broker or the store does not
# hold up the others.
TRACERS = 4

logger = logging.getLogger(__name__)


class TaskPool(BasePool, HasPlaces, CanBeStuck, EndsTasks):
    """The pool `asyncio` of an environment file."""

    body_can_be_buffer = True
    signal_safe = False
    limit: int

    def on_start(self) -> None:
        """Start the event loop and the tracers; plain tasks get their threads when there are any."""
        find_current_task_by_context(self.app)
        self._loop = EventLoop()
        self._async_tasks = await_bodies(self.app, self._loop)
        self._tracers = [Tracer(self._loop, number) for number in range(TRACERS)]
        self._threads = ThreadPoolExecutor(self.limit, thread_name_prefix="plain-task")
        self._lock = threading.Lock()
        self._running: dict[int, Run] = {}
        self._waiting: deque[Run] = deque()
        self._longest_limit = _longest_limit([self.app.tasks[name] for name in self._async_tasks])
        self._watch = Watch(self._loop)
        self._loop.start()
        self._watch.start()

    def on_apply(  # type: ignore[override] # its stub takes and returns nothing
        self, target: Any, args: Any = None, kwargs: Any = None, callback: Any = None, accept_callback: Any = None,
        timeout_callback: Any = None, soft_timeout: float | None = None, timeout: float | None = None,
        error_callback: Any = None, **_: Any,
    ) -> Run:  # fmt: skip
        """Run a task, as soon as there is a slot."""
        run = Run(
            partial(apply_target, target, args, kwargs, propagate=(Interrupted,)), callback, error_callback,
            accept_callback, timeout_callback, soft_timeout, timeout,
            cancel=self._cancel if args and args[0] in self._async_tasks else None,
        )  # fmt: skip
        with self._lock:
            if len(self._running) >= self.limit:
                self._waiting.append(run)
                return run
            self._running[run.number] = run
        self._begin(run)
        return run

    def terminate_job(self, pid: int, signal: Any = None) -> None:  # noqa: ARG002 - Celery's signature
        """Refuse to end a plain task. The run of an `async def` task ends a moment later, with `Run.terminate`.

        Celery notes between the two why it ends, and the run is settled by that.

        Raises:
            NotImplementedError: it is a plain task, in a thread that nothing can interrupt.
        """
        run = self._running.get(pid)
        if run is not None and not run.is_async:
            raise NotImplementedError("a plain task of an asyncio pool runs in a thread, which cannot be interrupted")

    def places(self) -> Places:
        """Return the requests that run, and those that wait for a slot or for a tracer."""
        found = Places(waiting=[request_of(run.callback) for run in tuple(self._waiting)])
        for run in tuple(self._running.values()):
            (found.running if run.begun_at else found.waiting).append(request_of(run.callback))
        return found

    def can_end(self, task: str) -> bool:
        """Whether the task is a coroutine: no thread can be ended."""
        return task in self._async_tasks

    def stuck(self) -> bool:
        """Whether a coroutine has blocked the event loop for longer than any task may take: no limit can end it."""
        limit = self._longest_limit
        return limit is not None and self._loop.blocked_seconds() > limit + CLEAN_UP_SECONDS

    def on_stop(self) -> None:
        """Wait for running tasks. The messages of tasks that still wait for a slot are requeued."""
        with self._lock:
            self._waiting.clear()
        while self._running:
            sleep(CHECK_SECONDS)
            serve_connection()
        serve_connection()  # what ended since; the rest takes seconds
        for tracer in self._tracers:
            tracer.stop()
        self._threads.shutdown(wait=False)
        self._watch.stop()
        self._loop.stop()

    def _get_info(self) -> dict[str, Any]:
        coroutines = sum(run.is_async for run in tuple(self._running.values()))
        info: dict[str, Any] = super()._get_info()  # type: ignore[misc] # has no stub
        return info | {"coroutines": coroutines, "threads": len(self._running) - coroutines}

    def _begin(self, run: Run) -> None:
        if run.is_async:
            min(self._tracers, key=Tracer.backlog).begin(run, self._trace)
        else:
            self._threads.submit(self._trace, run)

    def _trace(self, run: Run) -> None:
        """Run a task from its acceptance to its settlement, in its greenlet or thread."""
        try:
            if not Ending.over():
                run.begun_at = monotonic()
                run.call(callback=run.callback, accept_callback=run.accepted, pid=run.number)
        except HardLimitReached:
            if run.timed_out is not None:
                run.timed_out(False, run.hard_limit)
        except TerminatedRun as ended:
            if run.failed is not None:
                # As a prefork pool says of a process that it ended: the request is revoked, or given back.
                run.failed(ExceptionInfo((Terminated, Terminated("cancelled"), ended.__traceback__)))
        except Exception:
            logger.exception("a run ended outside of its task")
        finally:
            self._free(run)

    def _cancel(self, run: Run, reason: Interrupted) -> None:
        self._loop.call(run.interrupt, reason)

    def _free(self, run: Run) -> None:
        with self._lock:
            del self._running[run.number]
            following = self._waiting.popleft() if self._waiting else None
            if following is not None:
                self._running[following.number] = following
        if following is not None:
            self._begin(following)


def _longest_limit(tasks: list[Any]) -> float | None:
    """The longest hard time limit of tasks in seconds; `None` where one has none."""
    limits = [task.time_limit for task in tasks]
    return None if None in limits else max(limits, default=None)
