"""Who asks for a page, and the ways to find that out."""

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection


@dataclass(frozen=True)
class Person:
    """Who asks. `name` and `address` are for the audit log; forms belong to a `session`."""

    name: str
    address: str
    session: str


class Authentication(Protocol):
    """How the person behind a request is found out."""

    # Said to whoever is not let in.
    how_to_sign_in: str

    def person(self, request: HTTPConnection) -> Person | None:
        """Return who asks; `None` if nobody whom the console knows."""

    def allows_host(self, host: str) -> bool:
        """Whether the header `Host` may have this value."""
