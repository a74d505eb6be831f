"""The metrics API of a social network, which limits the rate of requests."""

import hashlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

WINDOW_SECONDS = 60.0


class Metrics:
    """Serves at most `per_minute` requests in any 60 seconds, for all callers together. Thread-safe."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._served = 0
        self._refused = 0

    def admit(self) -> int:
        """Admit a request; returns 0, or the whole seconds after which the caller may try again.

        Example: the 601st request within a minute at 600 a minute gets the seconds until the first is a minute old.
        """
        with self._lock:
            now = self._clock()
            while self._recent and now - self._recent[0] >= WINDOW_SECONDS:
                self._recent.popleft()
            if len(self._recent) < self._per_minute:
                self._recent.append(now)
                self._served += 1
                return 0
            self._refused += 1
            return max(1, math.ceil(self._recent[0] + WINDOW_SECONDS - now))

    def counts(self) -> dict[str, int]:
        """Numbers of served and refused requests."""
        with self._lock:
            return {"served": self._served, "refused": self._refused}


def of_user(user_id: str) -> dict[str, Any]:
    """A user's numbers, which are invented but always the same for a user."""
    digest = hashlib.sha256(user_id.encode()).digest()
    return {
        "user_id": user_id,
        "followers": int.from_bytes(digest[:3], "big"),
        "posts": int.from_bytes(digest[3:5], "big"),
    }
