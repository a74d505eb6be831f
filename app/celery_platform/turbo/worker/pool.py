"""The pool of a turbo process: solo, with time limits, and a connection that stays alive while a task runs.

While a task runs, the event loop does not. The lock `connection_lock` is the loop's except during a task; the keepalive
thread takes it then, to send heartbeats and the acknowledgements of tasks before.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, time
from types import FrameType, MethodType
from typing import Any, ClassVar

from celery import signals
from celery.concurrency.base import BasePool, apply_target
from celery.exceptions import SoftTimeLimitExceeded

from celery_platform.observability import gathered
from celery_platform.transports.ending import Ending
from celery_platform.transports.give_back import give_back
from celery_platform.transports.remote_shutdown import stop_on_shutdown
from celery_platform.transports.slots import FreesSlots, HasPlaces, Places
from celery_platform.transports.worker_channel import WorkerChannel
from celery_platform.turbo.worker.slot import BUSY_SINCE, HARD_LIMIT_AT, SOFT_LIMIT_AT, Slot
from celery_platform.turbo.worker.task_in_loop import RunsTaskInLoop
from celery_platform.turbo.worker.unstored import Unstored

logger = logging.getLogger(__name__)

# Sent by the supervisor. Celery gives SIGUSR1 and SIGUSR2 meanings of its own.
SOFT_LIMIT_SIGNAL = signal.SIGRTMIN + 3
HARD_LIMIT_SIGNAL = signal.SIGRTMIN + 4
# How a process ends that settled its task's message at the hard limit (EX_SOFTWARE of sysexits.h).
HARD_LIMIT_EXIT = 70
# At the hard limit: how long a process waits for its connection, and for what it gathered to be sent. Together well
# below the supervisor's `settle_seconds`, after which it is killed: the broker's answers take what is left.
CONNECTION_SECONDS = 1.0
GATHERED_SECONDS = 0.4


class TaskPool(BasePool, RunsTaskInLoop, HasPlaces, FreesSlots):
    """One task at a time, in the event loop's thread. `slot` is shared with the supervisor, where there is one."""

    slot = Slot.several(1)[0]
    # Set by the supervisor after a process ended with messages that it had not acknowledged. One of them may have been
    # the reason, and each such end counts as a delivery of all of them, so the next process takes one at a time.
    cautious = False
    # Set by the supervisor of processes that are replaced after a number of tasks: how many messages one may hold.
    most_held: ClassVar[int | None] = None
    # Of this process, where its result backend defers results.
    unstored: Unstored | None = None
    body_can_be_buffer = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit = 1
        # As Celery's solo pool: the worker gives every pool (app, hostname).
        signals.worker_process_init.send(sender=(self.options.get("initargs") or (None, None))[1])
        # After the last connection was closed, with which acknowledgements were sent.
        signals.worker_shutdown.connect(self.settle_left, weak=False)
        signals.worker_ready.connect(self._on_ready, weak=False)
        self.connection_lock = threading.Lock()
        self.connection_lock.acquire()
        stop_on_shutdown(self.slot.ask_stop)
        signal.signal(SOFT_LIMIT_SIGNAL, self._on_soft_limit)
        signal.signal(HARD_LIMIT_SIGNAL, self._on_hard_limit)

    def on_apply(
        self,
        target: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        soft_timeout: float | None = None,
        timeout: float | None = None,
        correlation_id: str = "",
        callback: Any = None,
        accept_callback: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Any:
        """Run the task of Celery's own request, now and in this thread. Limits are in seconds."""
        request: Any = callback.__self__ if isinstance(callback, MethodType) else None

        def accepted(*when: Any) -> None:
            if accept_callback is not None:
                accept_callback(*when)
            channel = request.message.channel if request is not None and request.acknowledged else None
            if isinstance(channel, WorkerChannel):
                # Acknowledged before it begins: a task that kills its process does not run again.
                channel.flush_acknowledgements()

        def limited(*args: Any, **kwargs: Any) -> Any:
            with self.running(correlation_id, soft_timeout, timeout):
                return target(*args, **kwargs)

        # Celery's request passes its own method `on_success`.
        self.running_request = lambda: request
        return apply_target(limited, args, kwargs, callback=callback, accept_callback=accepted, **options)

    @contextmanager
    def running(self, task_id: str, soft: float | None, hard: float | None) -> Iterator[None]:
        """Within, a task runs, with its limits in seconds; another thread may use the connection meanwhile."""
        self.begin(task_id, soft, hard)
        try:
            yield
        finally:
            self.end()

    def begin(self, task_id: str, soft: float | None, hard: float | None) -> None:
        """Begin what `running` does, for a caller that has its own `try`."""
        self.slot.begin(task_id, soft, hard)
        self.connection_lock.release()

    def end(self) -> None:
        """End what `begin` began: the connection is the event loop's again."""
        self.slot.end()
        self.connection_lock.acquire()
        self.running_request = None

    def running_since(self) -> float | None:
        """When the task that runs began; the slot has the monotonic clock's time."""
        since = self.slot.numbers[BUSY_SINCE]
        return time() - (monotonic() - since) if since else None

    def places(self) -> Places:
        """Between two turns of the loop, when this is asked, no task has the slot."""
        return Places(without_request=int(self.slot.numbers[BUSY_SINCE] != 0))

    def free_slots(self) -> None:
        """Note in the slot that its task has ended."""
        self.slot.end()

    def _on_ready(self, **_: Any) -> None:
        self.slot.ready()

    def _on_soft_limit(self, _number: int, frame: FrameType | None) -> None:
        # The signal may come late: between two tasks, or when another runs, which has a limit of its own.
        limit = self.slot.numbers[SOFT_LIMIT_AT]
        if limit and monotonic() >= limit and _in_tracer(frame):
            self.slot.numbers[SOFT_LIMIT_AT] = 0.0
            raise SoftTimeLimitExceeded

    def _on_hard_limit(self, _number: int, frame: FrameType | None) -> None:
        """Settle the task's message as Celery does and end the process; the supervisor kills it if it cannot."""
        numbers = self.slot.numbers
        limit = numbers[HARD_LIMIT_AT]
        if not limit or monotonic() < limit or not _in_tracer(frame):
            return
        try:
            self._settle_timed_out(round(limit - numbers[BUSY_SINCE], 3))
        except Exception:  # otherwise it would be raised in the task, which would go on
            logger.exception("could not settle the message of a task at its hard limit; it is delivered again")
        self.settle_left()
        gathered.send_now(GATHERED_SECONDS)
        os._exit(HARD_LIMIT_EXIT)

    def _settle_timed_out(self, limit: float) -> None:
        request = self.request_of_running_task()
        if request is not None and self.take_connection(CONNECTION_SECONDS):
            request.on_timeout(False, limit)
            # Of what this process had taken beside it too, nothing waits for a visibility timeout.
            give_back(request.message.channel)

    def settle_left(self, **_: Any) -> None:
        """Settle as given back what waits for a connection that this process will not have."""
        if self.unstored is not None:
            self.unstored.give_back()

    def restart(self) -> None:
        """Celery's command `pool_restart`: this process does what it holds and ends; the supervisor starts another."""
        Ending.ask(float("inf"))

    def grow(self, n: int = 1) -> None:
        """Celery's command `pool_grow`, which is refused.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(f"not {n} processes more: a turbo pool has as many as its `concurrency` says")

    def shrink(self, n: int = 1) -> None:
        """Celery's command `pool_shrink`, which is refused.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(f"not {n} processes fewer: a turbo pool has as many as its `concurrency` says")

    def _get_info(self) -> dict[str, Any]:
        info: dict[str, Any] = super()._get_info()  # type: ignore[misc]
        return info | {"max-concurrency": 1, "processes": [os.getpid()], "put-guarded-by-semaphore": True}


def _in_tracer(frame: FrameType | None) -> bool:
    """Whether a task runs, as opposed to what surrounds it."""
    while frame is not None:
        if frame.f_code.co_name == "trace_task":
            return True
        frame = frame.f_back
    return False
