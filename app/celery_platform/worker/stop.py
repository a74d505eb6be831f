"""A stop that ends in time: running tasks may finish, and what cannot is given back to the broker before the kill.

SIGTERM stops consuming and waits for running tasks (Celery's warm shutdown). When the time is nearly up, or at once on
SIGQUIT, the children are killed, the broker gets every unacknowledged message back, and the process ends.

Celery 5.7's own soft shutdown (`worker_soft_shutdown_timeout` with REMAP_SIGTERM) is not used, because it was seen to
sleep its whole time-out even when tasks end at once (12 s for a task of 4 s and a time-out of 10 s), and because in the
`threads` and `solo` pools its end raises NotImplementedError: inside the running task in `solo`, which then fails for
good. tests/celery_platform/worker/test_stop.py runs this one under every pool.
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
from celery_platform.reliability.signals import tasks_given_back
from celery_platform.transports.give_back import give_back
from celery_platform.turbo.worker.task_in_loop import RunsTaskInLoop

# Seconds, set by whoever will kill the worker after them: systemd, a pod's grace period, a spot notice.
VARIABLE = "CELERY_STOP_TIMEOUT"
# Kept for giving back; the time budget leaves twice as much after a pool's longest task (SHUTDOWN_SECONDS).
RESERVE_SECONDS = 10

logger = logging.getLogger(__name__)


def stop_timeout() -> int:
    """Seconds from SIGTERM until this worker is killed; `start_worker` sets it from the time budget if nobody did."""
    return int(os.environ[VARIABLE])


def patience(timeout: float) -> float:
    """Seconds that running tasks get of `timeout`.

    Example: `(patience(90), patience(10)) == (80, 5)`
    """
    return max(timeout - RESERVE_SECONDS, timeout / 2)


class BoundedStop(bootsteps.StartStopStep):
    """Watches over the worker's stop, in a thread of its own: the main one may be in the middle of a task.

    The signal handlers only leave word. gevent runs them in its hub, where whatever waits, as starting a thread does,
    is refused ("Impossible to call blocking function in the event loop callback"), and the stop would not begin.
    """

    requires = (Connection,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.consumer = consumer
        self.process = os.getpid()
        # When to give back, on the monotonic clock; the one queue that may be put to from a signal handler.
        self._due: SimpleQueue[float] = SimpleQueue()
        self._watches = False
        signals.worker_shutting_down.connect(self._begins, weak=False)

    def start(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Take SIGQUIT over, which Celery has just taken for its cold shutdown; watch from the first connection on."""
        platforms.signals["SIGQUIT"] = self._now
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
        """Celery's requests, and that of a turbo process, which Celery knows nothing of."""
        pool = self.consumer.pool
        turbo = pool.request_of_running_task() if isinstance(pool, RunsTaskInLoop) else None
        return [request for request in (*active_requests, turbo) if request is not None]

    def _settle(self) -> None:
        consumer = self.consumer.task_consumer
        if consumer is None:
            return
        # While its task runs, a turbo process's connection is whose lock it is: the keepalive's, or ours.
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
            logger.exception("not everything was given back: the rest comes after its visibility timeout")
        finally:
            remove_secret_files()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
