"""Keep sessions open until the tunnel is interrupted."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from celery_platform.errors import TunnelError
from celery_platform.output import age
from celery_platform.settings.tunnelled import Forwarded
from celery_platform.tunnel.session import Session

# Sessions that are opened at the same time; StartSession is throttled.
AT_ONCE = 4
CHECKED_SECONDS = 0.5
# Between two attempts to open a session again; then the tunnel gives up.
PAUSES = (1, 5, 15, 30, 60)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Kept:
    """A session that is opened again whenever it ends by itself: AWS ends one that is idle.

    Session Manager's idle time-out is 20 minutes unless the account's preferences say another, from 1 to 60 minutes
    (Systems Manager guide, "Specify an idle session timeout value").
    """

    target: Forwarded
    session: Session
    opened: float = field(default_factory=time.monotonic)

    def check(self, say: Callable[[str], None]) -> None:
        """Open the session again if it ended, and say so.

        Raises:
            TunnelError: it cannot be opened again.
        """
        if not self.session.ended:
            return
        words = self.session.last_words or "no reason given"
        say(f"{self.target.label}: the session ended by itself after {age(time.monotonic() - self.opened)}: {words}")
        for pause in PAUSES:
            try:
                self.session.open()
            except TunnelError as error:
                say(f"{self.target.label}: not opened again: {error.found}; next attempt in {pause} s")
                time.sleep(pause)
            else:
                self.opened = time.monotonic()
                say(f"{self.target.label}: opened again at the same port, {self.target.local}")
                return
        self.session.open()


@contextmanager
def opened(sessions: Sequence[Kept]) -> Iterator[None]:
    """Open every session. Each is ended at the end of the block, however that comes.

    Raises:
        TunnelError: one cannot be opened.
    """
    try:
        _open_together(sessions)
        yield
    finally:
        with _uninterrupted(), ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda kept: kept.session.close(), sessions))


def _open_together(sessions: Sequence[Kept]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        opening = [pool.submit(kept.session.open) for kept in sessions]
        try:
            for each in opening:
                each.result()
        except BaseException:  # the others need not go on, also after Ctrl-C
            pool.shutdown(wait=False, cancel_futures=True)
            for kept in sessions:
                kept.session.cancel()
            raise


def keep(sessions: Sequence[Kept], say: Callable[[str], None]) -> None:
    """Check sessions until the process is interrupted.

    Raises:
        TunnelError: one ended and cannot be opened again.
    """
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(CHECKED_SECONDS)
            for kept in sessions:
                kept.check(say)


@contextmanager
def interrupted_by_every_signal() -> Iterator[None]:
    """Make a closed terminal and SIGTERM a KeyboardInterrupt, too, so that sessions are ended in order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with _handled_by(interrupt):
        yield


@contextmanager
def _handled_by(handler: Any) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _uninterrupted() -> AbstractContextManager[None]:
    """A second Ctrl-C does not keep a session from being ended."""
    return _handled_by(signal.SIG_IGN)
