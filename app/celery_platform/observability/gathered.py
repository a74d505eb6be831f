"""What a process gathers and sends together a moment later: counts, and lines of its log.

Sent one by one, they would take longer than a short task. What is gathered is sent within `SECONDS`, and before the
process ends: when a worker or a child of it stops, also when it stops because its time is over. A process that is
killed loses what it gathered in its last `SECONDS`. A process that is forked begins with nothing, so that nothing is
sent twice.
"""

import atexit
import logging
import os
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic

from celery.signals import worker_process_shutdown

logger = logging.getLogger(__name__)

SECONDS = 0.2
# How long the end of a process waits for what is gathered to be sent.
AT_END_SECONDS = 2.0


class Gathers(ABC):
    """Something that gathers, and calls `send_soon` when it has something to send.

    Example: `gathered.register(Counts())`
    """

    @abstractmethod
    def send(self) -> None:
        """Send what is gathered; called from any thread. An error is logged, and the next call comes all the same."""

    @abstractmethod
    def forget(self) -> None:
        """Forget what is gathered, in a process that was just forked: its parent sends it."""


class _Sender:
    """A thread that sends what one of them gathered, `SECONDS` after it was asked.

    Each has its own, so that no line of the log waits for a store that does not answer.
    """

    def __init__(self, gathers: Gathers) -> None:
        self.used = False
        self._gathers = gathers
        # A signal handler may ask while its thread asks: `SimpleQueue` alone is made for that. An event asks to send at
        # once, and is set when that is done.
        self._asked: SimpleQueue[threading.Event | None] = SimpleQueue()
        # A time and no flag: an exception of a signal handler between setting a flag and asking would leave it set.
        self._asked_until = 0.0
        self._starting, self._sending = threading.RLock(), threading.RLock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        now = monotonic()
        if now < self._asked_until:
            return
        self.used = True
        self._asked_until = now + 2 * SECONDS
        self._asked.put(None)
        self._has_thread()  # where there can be none now, it is tried again when the time is over

    def ask_now(self) -> threading.Event:
        """Ask to send at once. The event is set when all is sent, also what the thread was sending already."""
        sent = threading.Event()
        self._asked.put(sent)
        if not self._has_thread():
            self._send(sent)
        return sent

    def _has_thread(self) -> bool:
        """Start the thread if it does not run; false if none can be started."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._send_on, name="gathered", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # too many threads; Python 3.12 and later start none once the interpreter ends
                    return False
                self._thread = thread
        return True

    def _send_on(self) -> None:
        while True:
            sent = self._asked.get()
            if sent is None:
                with suppress(Empty):
                    sent = self._asked.get(timeout=SECONDS)
            self._asked_until = 0.0  # before sending: what is gathered meanwhile asks again
            self._send(sent)

    def _send(self, sent: threading.Event | None) -> None:
        try:
            with self._sending:
                self._gathers.send()
        except Exception:
            logger.exception("could not send what %s gathered", type(self._gathers).__name__)
        finally:
            if sent is not None:
                sent.set()


_senders: dict[Gathers, _Sender] = {}


def register(gathers: Gathers) -> None:
    """Send what `gathers` has when it is due, and at the end of the process. A second call has no effect."""
    if gathers in _senders:
        return
    if not _senders:
        atexit.register(send_now)
        os.register_at_fork(after_in_child=_forked)
        worker_process_shutdown.connect(_at_end_of_child, weak=False)
    _senders[gathers] = _Sender(gathers)


def send_soon(gathers: Gathers) -> None:
    """Send what `gathers` has within `SECONDS`, if it is registered."""
    if (sender := _senders.get(gathers)) is not None:
        sender.ask()


def send_now(seconds: float = AT_END_SECONDS) -> None:
    """Send what is gathered, before this process ends; waits for `seconds` at most."""
    end = monotonic() + seconds
    for sent in [sender.ask_now() for sender in _senders.values() if sender.used]:
        sent.wait(max(0.0, end - monotonic()))


def _forked() -> None:
    for gathers in _senders:
        _senders[gathers] = _Sender(gathers)
        gathers.forget()


def _at_end_of_child(**_: object) -> None:
    send_now()
