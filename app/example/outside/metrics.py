"""A social network's metrics API, which refuses callers that ask too often."""

import hashlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

WINDOW_SECONDS = 60.0


class Metrics:
    """Serves at most `per_minute` requests in any 60 seconds, over all callers together. Safe for many threads."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._served = 0
        self._refused = 0

    def admit(self) -> int:
        """Let one request in; returns 0, or the whole seconds after which the caller may try again.

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
        """How many requests were served and refused so far."""
        with self._lock:
            return {"served": self._served, "refused": self._refused}


def of_user(user_id: str) -> dict[str, Any]:
    """A user's numbers: made up, but the same for the same user each time."""
    digest = hashlib.sha256(user_id.encode()).digest()
    return {
        "user_id": user_id,
        "followers": int.from_bytes(digest[:3], "big"),
        "posts": int.from_bytes(digest[3:5], "big"),
    }
