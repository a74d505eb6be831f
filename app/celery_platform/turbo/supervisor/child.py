"""One process of the pool, as its supervisor sees it."""

import atexit
import ctypes
import logging
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable
from time import monotonic

from celery_platform.observability.resident import resident_mib
from celery_platform.transports.drain import RECYCLE_SIGNAL, on_recycle
from celery_platform.turbo.supervisor.back_off import BackOff
from celery_platform.turbo.supervisor.options import SupervisorOptions
from celery_platform.turbo.worker.pool import HARD_LIMIT_EXIT, HARD_LIMIT_SIGNAL, SOFT_LIMIT_SIGNAL, TaskPool
from celery_platform.turbo.worker.slot import BUSY_SINCE, DONE, HARD_LIMIT_AT, READY, SOFT_LIMIT_AT, Slot

logger = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
# Bounds differ a little from process to process, so that they do not all start anew together.
SPREAD = 0.1
# A process that is replaced for its memory gives back what it holds when it has grown to so many times its bound.
MUCH = 1.5


class Child:
    """A process of the pool, which is forked anew each time it has ended.

    `number` counts the processes of the pool from 0, `slot` is the memory shared with it, and `work` runs a worker in
    the forked process, is given the number, and returns the exit code.
    """

    def __init__(self, number: int, slot: Slot, work: Callable[[int], int], options: SupervisorOptions) -> None:
        self.number = number
        self.slot = slot
        self.work = work
        self.options = options
        self.back_off = BackOff(options)
        self.process_id = 0
        self.started_at = 0.0
        self.start_at = 0.0
        self.recycling = self.stopping = self.cautious = self.hurried = False
        self._warned_of = self._settling_of = 0.0
        self._bounds = (0.0, 0.0)

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process_id != 0

    @property
    def ready(self) -> bool:
        """Whether the process is ready to consume messages."""
        return self.running and self.slot.numbers[READY] != 0

    @property
    def busy(self) -> bool:
        """Whether the process runs a task. One that was killed leaves its task in the slot until the next starts."""
        return self.running and self.slot.numbers[BUSY_SINCE] != 0

    def start(self) -> None:
        """Fork the process. Returns in the supervisor only."""
        self.slot.clear()
        self.recycling = self.hurried = False
        self.started_at = monotonic()
        self._bounds = tuple(  # type: ignore[assignment]
            (bound or float("inf")) * random.uniform(1 - SPREAD, 1)  # noqa: S311 - no secret
            for bound in (self.options.max_tasks, self.options.max_memory_mib)
        )
        # A signal between the fork and the child's own handlers would be lost in a copy of the supervisor's.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        self.process_id = os.fork()
        if self.process_id == 0:
            self._become()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _become(self) -> None:
        """The forked process: never returns into the supervisor's code."""
        code = 1
        try:
            # A supervisor that is killed does not leave workers behind: they finish their tasks and end.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            signal.signal(RECYCLE_SIGNAL, on_recycle)
            TaskPool.slot, TaskPool.cautious = self.slot, self.cautious
            if self.options.max_tasks:
                TaskPool.most_held = self.options.most_held
            code = self.work(self.number)
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def ended(self, status: int) -> None:
        """Note that its process has ended with this wait status, and decide when the next starts."""
        code = os.waitstatus_to_exitcode(status)
        requested = self.recycling or self.stopping
        crashed = code not in (0, HARD_LIMIT_EXIT) and not requested
        self.cautious = code != 0 and not requested
        wait = self.back_off.after(monotonic() - self.started_at, crashed=crashed)
        if crashed:
            what = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            logger.error("process %s (%s) ended with %s: next in %.0f s", self.number, self.process_id, what, wait)
        self.process_id = 0
        self.start_at = monotonic() + wait

    def send(self, number: int) -> None:
        """Send a signal to the process, if it runs."""
        if self.process_id:
            os.kill(self.process_id, number)

    def keep_limits(self) -> None:
        """Signal its process at the soft limit of its task and at the hard one; kill it if it does not end then."""
        now, numbers = monotonic(), self.slot.numbers
        soft, hard = numbers[SOFT_LIMIT_AT], numbers[HARD_LIMIT_AT]
        if hard and now >= hard:
            if hard != self._settling_of:
                self._settling_of = hard
                self.send(HARD_LIMIT_SIGNAL)
            elif now >= hard + self.options.settle_seconds:
                logger.error("task %s is over its hard limit and does not yield: killed", self.slot.task_id)
                self.send(signal.SIGKILL)
        elif soft and now >= soft and soft != self._warned_of:
            self._warned_of = soft
            self.send(SOFT_LIMIT_SIGNAL)

    def over_bounds(self) -> str:
        """Why the process should be replaced; an empty string when it should not."""
        max_tasks, max_memory_mib = self._bounds
        if self.cautious and self.slot.numbers[DONE] >= self.options.prefetched:
            return "it has done, one message at a time, what its predecessor held: the next takes many again"
        # Before it has done as many: what it holds by then it does as well.
        if self.slot.numbers[DONE] >= max(1, max_tasks - self.options.most_held):
            return f"{self.slot.numbers[DONE]:.0f} tasks done"
        if max_memory_mib != float("inf") and self.memory_mib() >= max_memory_mib:
            return f"{self.memory_mib():.0f} MiB of memory in use"
        return ""

    def memory_mib(self) -> float:
        """Resident memory in MiB; 0 when there is no process."""
        try:
            return resident_mib(self.process_id)
        except (OSError, IndexError):  # it is gone, or has ended and is not waited for yet
            return 0.0

    def recycle(self, why: str) -> None:
        """Let the process do what it holds and end; the next starts then. `why` is for the log."""
        logger.info("process %s (%s) is replaced: %s", self.number, self.process_id, why)
        self.recycling = True
        self.send(RECYCLE_SIGNAL)

    def hurry(self) -> None:
        """Let a process that is replaced finish its task only, when what it holds makes it much larger than allowed."""
        bound = self.options.max_memory_mib
        if bound and self.recycling and not self.hurried and self.memory_mib() >= MUCH * bound:
            logger.warning("process %s (%s) ends with messages: its memory grows", self.number, self.process_id)
            self.hurried = True
            self.send(RECYCLE_SIGNAL)

    @property
    def busy_seconds(self) -> float:
        """For how many seconds its task has been running; 0 between tasks."""
        since = self.slot.numbers[BUSY_SINCE]
        return monotonic() - since if since else 0.0
