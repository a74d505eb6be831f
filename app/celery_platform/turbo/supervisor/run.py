"""The supervisor's loop."""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep

from celery_platform.turbo.freeze import freeze, load_worker
from celery_platform.turbo.supervisor.child import Child
from celery_platform.turbo.supervisor.options import SupervisorOptions
from celery_platform.turbo.worker.slot import STOP_ASKED, Slot

logger = logging.getLogger(__name__)
# What Celery's worker does at each: finish the running tasks; or end at once, and running tasks are delivered again.
WARM, COLD = (signal.SIGTERM, signal.SIGINT), (signal.SIGQUIT,)


def supervise(
    work: Callable[[int], int],
    options: SupervisorOptions,
    on_turn: Callable[[list[Child]], None] | None = None,
) -> int:
    """Fork `options.processes` processes that run `work`, and keep that many running until SIGTERM, SIGINT or SIGQUIT,
    or until one of them asks for a stop (`Slot.ask_stop`: the remote control command `shutdown`).

    `work` runs a worker in a forked process, is given the number of the process, and returns its exit code. `on_turn`
    is called with the processes in each turn of the loop (every `options.poll_seconds`).
    Call this before anything in this process connects or starts threads, because a fork copies neither.

    Returns: the exit code, 0 after a requested stop.

    Example: `sys.exit(supervise(work, SupervisorOptions(processes=4)))`
    """
    children = [Child(number, slot, work, options) for number, slot in enumerate(Slot.several(options.processes))]
    load_worker()
    freeze()
    stop = _Stop()
    while not stop.asked or any(child.running for child in children):
        if any(child.slot.numbers[STOP_ASKED] for child in children):
            stop.ask()
        _reap(children)
        stop.pass_on(children)
        now = monotonic()
        for child in children:
            if child.running:
                child.keep_limits()
                child.hurry()
            elif not stop.asked and now >= child.start_at:
                child.start()
        if not stop.asked:
            _recycle_one(children)
        if on_turn:
            on_turn(children)
        sleep(options.poll_seconds)
    return 0


class _Stop:
    """Passes a requested stop on to every process; a second request as the signal that ends them at once."""

    def __init__(self) -> None:
        self.asked = False
        self._pending: list[int] = []
        for number in (*WARM, *COLD):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._pending.append(signal.SIGQUIT if self.asked or number in COLD else signal.SIGTERM)
        self.asked = True

    def ask(self) -> None:
        """Stop warmly, because a process asks for it; nothing changes when a stop was asked for already."""
        if not self.asked:
            self.asked = True
            self._pending.append(signal.SIGTERM)

    def pass_on(self, children: list[Child]) -> None:
        """Send the requested signals to every process, outside of the handler: none starts in between then."""
        while self._pending:
            number = self._pending.pop(0)
            for child in children:
                child.stopping = True
                child.send(number)


def _reap(children: list[Child]) -> None:
    for child in children:
        if child.running:
            with suppress(ChildProcessError):
                process_id, status = os.waitpid(child.process_id, os.WNOHANG)
                if process_id:
                    child.ended(status)


def _recycle_one(children: list[Child]) -> None:
    """One at a time, so that the others go on meanwhile."""
    if all(child.running and not child.recycling for child in children):
        for child in children:
            if why := child.over_bounds():
                child.recycle(why)
                return
