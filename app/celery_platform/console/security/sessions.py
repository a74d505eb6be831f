"""Who has signed in, by the value of a cookie."""

import hashlib
import secrets
import time
from collections import OrderedDict

MOST_SESSIONS = 1_000


class Sessions:
    """The names of people by the digest of their session's value, of which nothing else is kept.

    Example: `sessions.name_of(digest_of_value(sessions.open("ann", seconds=60))) == "ann"`
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def open(self, name: str, seconds: float) -> str:
        """Begin a session of so many seconds; returns the value by which it is known."""
        value = secrets.token_urlsafe(32)
        self._known[digest_of_value(value)] = name, time.monotonic() + seconds
        while len(self._known) > MOST_SESSIONS:
            self._known.popitem(last=False)
        return value

    def name_of(self, digest: str) -> str | None:
        """Whose session it is; `None` if there is none, or it has ended."""
        name, until = self._known.get(digest, ("", 0.0))
        return name if until > time.monotonic() else None


def digest_of_value(value: str) -> str:
    """What is kept of a value. Comparing it tells an attacker who guesses nothing about the value."""
    return hashlib.sha256(value.encode()).hexdigest()
