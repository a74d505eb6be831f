"""Stop a worker in time: running tasks may finish, and the messages of the others are requeued before the kill.

SIGTERM stops consuming and waits for running tasks (Celery's warm shutdown). When the time is nearly up, or immediately
on SIGQUIT, the children are killed, all unacknowledged messages are requeued, and the process exits.

Celery 5.7's own soft shutdown (`worker_soft_shutdown_timeout` with REMAP_SIGTERM) is not used for two reasons. It
sleeps for its whole timeout even if the tasks end earlier (12 s for a task of 4 s and a timeout of 10 s). In the
`threads` and `solo` pools, it ends with NotImplementedError; in `solo` this is raised inside the running task, which
then fails for good. tests/celery_platform/worker/test_stop.py tests this module with every pool.
"""

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from billiard.process import active_children
from celery import bootsteps, platforms, signals
from celery.worker.consumer.connection import Connection
from celery.worker.state import active_requests

from celery_platform.application.secret_files import remove_secret_files
from celery_platform.observability import gathered
from celery_platform.reliability.signals import tasks_given_back
from celery_platform.settings import PoolSettings, Resolved
from celery_platform.transports.give_back import give_back
from celery_platform.transports.remote_shutdown import stop_on_shutdown
from celery_platform.turbo.worker.task_in_loop import RunsTaskInLoop

# The seconds after which the worker will be killed, set by whatever kills it: systemd, a grace period, a spot notice.
VARIABLE = "CELERY_STOP_TIMEOUT"
# Reserved for requeueing. The time budget leaves twice as much after a pool's longest task (SHUTDOWN_SECONDS).
RESERVE_SECONDS = 10

logger = logging.getLogger(__name__)


def stop_timeout() -> int:
    """Seconds from SIGTERM until this worker is killed. By default, `start_worker` sets them from the time budget."""
    return int(os.environ[VARIABLE])


def patience(timeout: float) -> float:
    """The part of `timeout`, in seconds, that running tasks get to finish.

    Example: `(patience(90), patience(10)) == (80, 5)`
    """
    return max(timeout - RESERVE_SECONDS, timeout / 2)


def drain_seconds(environment: Resolved, pool: PoolSettings) -> float:
    """For how many seconds of a stop a message that is held may begin: its task may take its whole time limit then.

    A task without a limit may be killed at the end of any stop; one that begins in the first seconds has nearly all of
    it.
    """
    limits = [environment.queues[label].hard_time_limit for label in pool.queues]
    known = [limit for limit in limits if limit is not None]
    time = patience(stop_timeout())
    return max(0.0, time - max(known)) if len(known) == len(limits) else min(RESERVE_SECONDS, time / 2)


class BoundedStop(bootsteps.StartStopStep):
    """Supervises the worker's stop in a separate thread, because the main thread may be running a task.

    The signal handlers only notify that thread. gevent runs handlers in its hub, which refuses blocking calls such as
    starting a thread ("Impossible to call blocking function in the event loop callback"), so the stop would fail.
    """

    requires = (Connection,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.consumer = consumer
        self.process = os.getpid()
        # When to requeue, on the monotonic clock. SimpleQueue is the only queue that signal handlers may use.
        self._due: SimpleQueue[float] = SimpleQueue()
        self._watches = False
        signals.worker_shutting_down.connect(self._begins, weak=False)

    def start(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Replace Celery's handler of SIGQUIT (its cold shutdown), and start the thread at the first connection."""
        platforms.signals["SIGQUIT"] = self._now
        if not isinstance(self.consumer.pool, RunsTaskInLoop):  # the supervisor stops a turbo pool
            stop_on_shutdown(lambda: os.kill(self.process, signal.SIGTERM))
        if not self._watches:
            self._watches = True
            threading.Thread(target=self._watch, daemon=True).start()

    def _begins(self, **_: Any) -> None:
        self._due.put(time.monotonic() + patience(stop_timeout()))

    def _now(self, *_: Any) -> None:
        if os.getpid() == self.process:  # forked children inherit the handler
            self._due.put(time.monotonic())

    def _watch(self) -> None:
        due = self._due.get()
        while (left := due - time.monotonic()) > 0:
            with suppress(Empty):
                due = min(due, self._due.get(timeout=left))
        self._give_back()

    def _running(self) -> list[Any]:
        """The running requests of Celery, and that of a turbo process, which Celery does not track."""
        pool = self.consumer.pool
        turbo = pool.request_of_running_task() if isinstance(pool, RunsTaskInLoop) else None
        return [request for request in (*active_requests, turbo) if request is not None]

    def _settle(self) -> None:
        consumer = self.consumer.task_consumer
        if consumer is None:
            return
        # While a turbo process runs its task, whoever holds the lock may use the connection: the keepalive, or this.
        if isinstance(self.consumer.pool, RunsTaskInLoop):
            self.consumer.pool.take_connection(seconds=1)
        give_back(consumer.channel)

    def _give_back(self) -> None:
        try:
            running = [f"{request.name}[{request.id}]" for request in self._running() if not request.acknowledged]
            logger.warning("no time left to stop: giving back %s", ", ".join(running) or "nothing")
            for child in active_children():
                os.kill(int(child.pid or 0), signal.SIGKILL)
            self._settle()
            tasks_given_back.send(sender=self, tasks=running)
        except Exception:
            logger.exception("not everything was requeued: the rest is delivered again after its visibility timeout")
        finally:
            if isinstance(self.consumer.pool, RunsTaskInLoop):
                self.consumer.pool.settle_left()
            remove_secret_files()
            gathered.send_now()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
