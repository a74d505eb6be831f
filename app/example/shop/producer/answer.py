"""Responses of the producer."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: dict[str, Any]


class RefuseError(Exception):
    """A request that is refused with an HTTP status, and the seconds after which it may be repeated."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
