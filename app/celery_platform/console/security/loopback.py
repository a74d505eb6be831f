"""On loopback: a token that is printed once opens a session, which a cookie carries."""

import hashlib
import hmac
import secrets
import time

from starlette.requests import HTTPConnection

from celery_platform.console.security.person import Person
from celery_platform.local_user import local_user

SESSION_SECONDS = 12 * 3_600
NAMES = ("127.0.0.1", "localhost", "[::1]")


class LoopbackAuthentication:
    """The session of the person who started the console.

    A cookie belongs to a name and not to a port, so that its own name has the port: two consoles keep theirs apart.

    Args:
        port: where the console listens.
        name: its address, as URLs have it. Names of loopback that everybody has are answered, too.

    Example: `LoopbackAuthentication(8321).open_session("a guess") is None`
    """

    how_to_sign_in = "Open the address that `app console` printed. It works once: start the console again for another."

    def __init__(self, port: int, name: str = NAMES[0]) -> None:
        self.cookie = f"console_{port}"
        names = {*NAMES, name}
        self._hosts = frozenset(names | {f"{each}:{port}" for each in names})
        self._token: str | None = secrets.token_urlsafe(32)
        self._session, self._until = "", 0.0
        self._name = local_user()

    @property
    def token(self) -> str:
        """The token that has not been used yet; empty afterwards."""
        return self._token or ""

    def open_session(self, token: str) -> str | None:
        """Return the cookie's value for whoever has the token, which is worth nothing afterwards."""
        if self._token is None or not hmac.compare_digest(self._token.encode(), token.encode()):
            return None
        self._token = None
        value = secrets.token_urlsafe(32)
        self._session, self._until = _digest(value), time.monotonic() + SESSION_SECONDS
        return value

    def person(self, request: HTTPConnection) -> Person | None:
        """Whoever has the session, under the name of the user who started the console."""
        session = _digest(request.cookies.get(self.cookie, ""))
        if session != self._session or self._until < time.monotonic():
            return None
        return Person(self._name, request.client.host if request.client else "", session)

    def allows_host(self, host: str) -> bool:
        """Whether it is a name of loopback: a name that an attacker lets resolve to loopback (DNS rebinding) is not."""
        return host in self._hosts


def _digest(value: str) -> str:
    """What is kept of a cookie's value. Comparing it tells an attacker who guesses nothing about the value."""
    return hashlib.sha256(value.encode()).hexdigest()
