"""What a process gathers and sends together a moment later: counts, and lines of its log.

Sent one by one, they would take longer than a short task. What is gathered is sent within `SECONDS`, and before the
process ends: when a worker or a child of it stops, also when it stops because its time is over. A process that is
killed loses what it gathered in its last `SECONDS`. A process that is forked begins with nothing, so that nothing is
sent twice.
"""

import atexit
import os
import threading
import time
from abc import ABC, abstractmethod
from queue import SimpleQueue

from celery.signals import worker_process_shutdown

SECONDS = 0.2
# How long the end of a process waits for what is gathered to be sent.
AT_END_SECONDS = 2.0


class Gathers(ABC):
    """Something that gathers, and calls `send_soon` when it has something to send.

    Example: `gathered.register(Counts())`
    """

    @abstractmethod
    def send(self) -> None:
        """Send what is gathered; called from any thread. An error is this method's to handle."""

    @abstractmethod
    def forget(self) -> None:
        """Forget what is gathered, in a process that was just forked: its parent sends it."""


class _Sender:
    """A thread that sends what all of them gathered, `SECONDS` after it was asked."""

    def __init__(self) -> None:
        # A signal handler may ask while its thread asks: `SimpleQueue` alone is made for that.
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._waits = False
        self._starting = threading.RLock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        if self._waits:
            return
        self._waits = True
        self._asked.put(None)
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._send_on, name="gathered", daemon=True)
                    self._thread.start()

    @property
    def used(self) -> bool:
        """Whether this process has ever gathered anything."""
        return self._thread is not None

    def _send_on(self) -> None:
        while True:
            self._asked.get()
            time.sleep(SECONDS)
            self._waits = False  # before sending: what is gathered meanwhile asks again
            _send_all()


_all: list[Gathers] = []
_sender = _Sender()


def register(gathers: Gathers) -> None:
    """Send what `gathers` has when it is due, and at the end of the process. A second call has no effect."""
    if gathers in _all:
        return
    if not _all:
        atexit.register(send_now)
        os.register_at_fork(after_in_child=_forked)
        worker_process_shutdown.connect(_at_end_of_child, weak=False)
    _all.append(gathers)


def send_soon() -> None:
    """Send what is gathered within `SECONDS`."""
    _sender.ask()


def send_now() -> None:
    """Send what is gathered, before this process ends; waits for `AT_END_SECONDS` at most."""
    if not _sender.used:
        return
    sending = threading.Thread(target=_send_all, daemon=True)
    try:
        sending.start()
    except RuntimeError:  # Python 3.12 and later start no thread once the interpreter ends
        _send_all()
    else:
        sending.join(AT_END_SECONDS)


def _send_all() -> None:
    for each in _all:
        each.send()


def _forked() -> None:
    global _sender
    _sender = _Sender()
    for each in _all:
        each.forget()


def _at_end_of_child(**_: object) -> None:
    send_now()
