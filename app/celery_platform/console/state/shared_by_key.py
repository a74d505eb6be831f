"""Answers to questions about one thing of many, each shared by all viewers of that thing."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from celery_platform.console.state.shared import Shared

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SharedByKey(Generic[K, T]):
    """A `Shared` for each key, made when somebody asks for it. One question is asked at a time; others wait for it.

    At most `most` with an answer are kept. Those that wait for theirs are kept in addition: were they forgotten, each
    further look would ask once more.

    Example: `SharedByKey(lambda label: why(runtime, source_of, label), seconds=30, most=16).of("email").look()`
    """

    def __init__(self, ask: Callable[[K], T], seconds: float, most: int) -> None:
        self._ask, self._seconds, self._most = ask, seconds, most
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._kept: OrderedDict[K, Shared[T]] = OrderedDict()

    def of(self, key: K) -> Shared[T]:
        """The answer about one thing. It is asked for when somebody looks at it."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = Shared(lambda: self._in_turn(key), self._seconds)
            self._kept.move_to_end(key)
            self._forget_the_oldest(but=key)
            return found

    def forget(self) -> None:
        """Ask anew about all of them, because something was done that changes the answers."""
        with self._lock:
            self._kept.clear()

    def _forget_the_oldest(self, but: K) -> None:
        answered = [key for key, shared in self._kept.items() if not shared.is_asking and key != but]
        for key in answered[: max(0, len(answered) + 1 - self._most)]:
            del self._kept[key]

    def _in_turn(self, key: K) -> T:
        with self._turn:
            return self._ask(key)
