"""An answer that all viewers share, so that their number does not matter to whoever is asked."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from celery_platform.errors import AppError
from celery_platform.observability.logs.redaction import redacted

T = TypeVar("T")
logger = logging.getLogger(__name__)
# How long a page waits for an answer before it is shown without.
WAIT_SECONDS = 2.0
# An answer is recent until it is so many times as old as it may be, and a newer one is waited for so long.
RECENT, RECENT_WAIT_SECONDS = 5, 0.2
# When to ask next: at the next look, or not before the question that is under way has its answer.
NOW, NOT_NOW = -float("inf"), float("inf")


@dataclass(frozen=True)
class Seen(Generic[T]):
    """The last answer, from the Unix time `at`; `None` before the first.

    `problem` says why the newest question had no answer; `asking` that one is on its way.
    """

    value: T | None = None
    at: float | None = None
    problem: str = ""
    asking: bool = False

    @property
    def age(self) -> float | None:
        """Seconds since the answer."""
        return None if self.at is None else max(0.0, time.time() - self.at)


class Shared(Generic[T]):
    """Asks in the background when somebody looks and the last answer is older than `seconds`.

    One question is under way at a time, and whoever takes long to answer is left alone for twice as long. Nobody
    looking, nothing is asked. A question may raise `NotNowError`.

    Example: `Shared(poller.poll, seconds=10).look().value`
    """

    def __init__(self, ask: Callable[[], T], seconds: float) -> None:
        self._ask, self.seconds = ask, seconds
        self._seen: Seen[T] = Seen()
        self._next, self._forgotten = NOW, False
        self._lock = threading.Lock()
        self._answered = threading.Event()

    def look(self, wait: float = WAIT_SECONDS, *, newest: bool = False) -> Seen[T]:
        """Return the last answer. Where there is none that says anything, wait at most so many seconds for one.

        An answer that is only a little old is not waited for, unless the newest is needed: a page says of when it is,
        and is updated soon.
        """
        deadline = time.monotonic() + wait
        while True:
            recent = self._asked_if_due() and not newest
            left = deadline - time.monotonic()
            self._answered.wait(min(left, RECENT_WAIT_SECONDS) if recent else left)
            if not self._forgotten or time.monotonic() >= deadline:
                return self._seen

    @property
    def is_asking(self) -> bool:
        """Whether a question is under way."""
        return self._seen.asking

    def forget(self) -> None:
        """Let the next look ask, because something was done that changes the answer, also one that is on its way."""
        with self._lock:
            self._next, self._forgotten = NOW, True

    def _asked_if_due(self) -> bool:
        """Ask if it is time to, and return whether the last answer is recent."""
        with self._lock:
            if not self._seen.asking and time.monotonic() >= self._next:
                self._answered.clear()
                self._seen, self._next = replace(self._seen, asking=True), NOT_NOW
                threading.Thread(target=self._answer, name="console-question", daemon=True).start()
            return self._seen.age is not None and self._seen.age < RECENT * self.seconds and not self._forgotten

    def _answer(self) -> None:
        began = time.monotonic()
        try:
            seen = Seen(self._ask(), time.time())
        except NotNowError:
            seen = replace(self._seen, asking=False)
        except Exception as error:  # whatever it is, the page says it and shows the rest
            logger.warning("a question had no answer", exc_info=not isinstance(error, AppError))
            seen = replace(self._seen, problem=said(error), asking=False)
        with self._lock:
            ended = time.monotonic()
            if self._next == NOT_NOW:  # nothing was done since it was asked
                self._next, self._forgotten = ended + max(self.seconds, 2 * (ended - began)), False
            self._seen = seen
            self._answered.set()


class NotNowError(Exception):
    """A question cannot be asked now. That is no problem to be said: the answer before stays."""


def said(error: BaseException) -> str:
    """An error in one line without secrets, such as the password of a broker's URL.

    Example: `said(OSError("amqp://u:p@host")) == "OSError: amqp://u:[redacted]@host"`
    """
    text = str(error) if isinstance(error, AppError) else f"{type(error).__name__}: {error}"
    return str(redacted(text[:2_000]))
