"""On loopback: a token opens one session, which a cookie carries."""

import hmac
import secrets
from typing import Protocol

from starlette.requests import HTTPConnection

from celery_platform.console.security.person import Person
from celery_platform.console.security.sessions import Sessions, digest_of_value
from celery_platform.local_user import local_user

SESSION_SECONDS = 12 * 3_600
NAMES = ("127.0.0.1", "localhost", "[::1]")


class Tokens(Protocol):
    """Whom a token lets in."""

    def name_for(self, token: str) -> str | None:
        """The name of whoever has this token, which is worth nothing afterwards; `None` if it lets nobody in."""


class PrintedToken:
    """One token, for the person who started the console."""

    def __init__(self) -> None:
        self._token: str | None = secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The token that has not been used yet; empty afterwards."""
        return self._token or ""

    def name_for(self, token: str) -> str | None:
        """The name of the user who started the console."""
        if self._token is None or not hmac.compare_digest(self._token.encode(), token.encode()):
            return None
        self._token = None
        return local_user()


class LoopbackAuthentication:
    """The sessions of people who had a token.

    A cookie belongs to a name and not to a port, so that its own name has the port: two consoles keep theirs apart.

    Args:
        port: where the console listens.
        name: its address, as URLs have it. Names of loopback that everybody has are answered, too.
        tokens: whom it lets in; by default whoever has the one token that it prints.
        forwarded: whether browsers reach it at a port of another machine, which is then in the cookie's name.

    Example: `LoopbackAuthentication(8321).open_session("a guess") is None`
    """

    def __init__(
        self, port: int, name: str = NAMES[0], tokens: Tokens | None = None, *, forwarded: bool = False
    ) -> None:
        self._port, self._forwarded = port, forwarded
        self._names = {*NAMES, name}
        self._tokens = tokens or PrintedToken()
        self._sessions = Sessions()
        self.how_to_sign_in = (
            "Run `make console ENV=...` in a checkout: each time it lets one browser in."
            if forwarded
            else "Open the address that `app console` printed. It works once: start the console again for another."
        )

    @property
    def token(self) -> str:
        """The token to print that has not been used yet; empty afterwards, and where none is printed."""
        return self._tokens.token if isinstance(self._tokens, PrintedToken) else ""

    def cookie(self, request: HTTPConnection) -> str:
        """The name of the cookie that carries a session.

        Example: `"console_8321"`
        """
        port = request.headers.get("host", "").rpartition(":")[2]
        return f"console_{port if self._forwarded and port.isdigit() else self._port}"

    def open_session(self, token: str) -> str | None:
        """Return the cookie's value for whoever has the token, which is worth nothing afterwards."""
        name = self._tokens.name_for(token)
        return self._sessions.open(name, SESSION_SECONDS) if name else None

    def person(self, request: HTTPConnection) -> Person | None:
        """Whoever has the session."""
        return self.person_with(request.cookies.get(self.cookie(request), ""), request)

    def person_with(self, value: str, request: HTTPConnection) -> Person | None:
        """Whoever has the session of a cookie's value."""
        session = digest_of_value(value)
        name = self._sessions.name_of(session)
        return Person(name, request.client.host if request.client else "", session) if name else None

    def allows_host(self, host: str) -> bool:
        """Whether it is a name of loopback: a name that an attacker lets resolve to loopback (DNS rebinding) is not.

        A tunnel forwards whichever port is free on the machine of the person.
        """
        if host in self._names:
            return True
        name, _, port = host.rpartition(":")
        return name in self._names and port.isdigit() and (self._forwarded or port == str(self._port))
