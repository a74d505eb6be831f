"""The public keys of a region's load balancers, each asked for once."""

import re
import threading
import time
import urllib.request
from collections import OrderedDict

TIMEOUT_SECONDS = 3
MOST_BYTES = 16_384
MOST_KEYS = 16
KEY_SECONDS = 3_600
# How long one that was not there is not asked for again, whatever forged tokens name.
ABSENT_SECONDS = 60
KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Keys that tokens name and nobody asked for yet: at most so many a minute are asked for.
MOST_QUESTIONS_A_MINUTE = 30


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class PublicKeys:
    """Keys by id, below one address.

    Example: `PublicKeys("https://public-keys.auth.elb.eu-west-1.amazonaws.com").key("../elsewhere") is None`
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, bytes | None]] = OrderedDict()
        self._asked: list[float] = []
        self._opener = urllib.request.build_opener(_NoRedirect())

    def key(self, key_id: str) -> bytes | None:
        """The key as PEM; `None` if there is none of this id, or its address does not answer."""
        if not KEY_ID.fullmatch(key_id):
            return None
        with self._lock:
            until, known = self._known.get(key_id, (0.0, None))
            if until > time.monotonic() or not self._may_ask():
                return known
        key = self._ask(key_id)  # outside the lock: whoever has a known key does not wait for it
        with self._lock:
            self._known[key_id] = time.monotonic() + (KEY_SECONDS if key else ABSENT_SECONDS), key or known
            while len(self._known) > MOST_KEYS:
                self._forget_one()
        return key or known

    def _forget_one(self) -> None:
        """Absent keys go first, so that forged ids do not displace the real ones."""
        absent = next((key_id for key_id, (_, key) in self._known.items() if key is None), None)
        self._known.pop(absent or next(iter(self._known)))

    def _may_ask(self) -> bool:
        now = time.monotonic()
        self._asked = [moment for moment in self._asked if moment > now - 60]
        if len(self._asked) >= MOST_QUESTIONS_A_MINUTE:
            return False
        self._asked.append(now)
        return True

    def _ask(self, key_id: str) -> bytes | None:
        try:
            with self._opener.open(f"{self._address}/{key_id}", timeout=TIMEOUT_SECONDS) as answer:
                found = bytes(answer.read(MOST_BYTES + 1))
        except OSError:
            return None
        return found if len(found) <= MOST_BYTES else None
