"""Calls of external HTTP services, whose errors become transient or permanent errors."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import urllib3
from celery_platform.reliability.errors import PermanentError, TransientError

CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 10
_TOO_MANY_REQUESTS = 429


class TooManyRequestsError(TransientError):
    """The service limits the rate; try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type["TooManyRequestsError"], tuple[str, float]]:
        """The arguments for unpickling, as a pool's child sends the error to its parent."""
        return type(self), (str(self), self.retry_after)


@lru_cache(maxsize=1)
def _connections() -> urllib3.PoolManager:
    # No retries here, because the task has a retry policy, and a POST may only be repeated with its idempotency key.
    timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS)
    return urllib3.PoolManager(maxsize=32, timeout=timeout, retries=False)


def call(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """Send a request, with `body` as JSON; returns the JSON of a 2xx answer.

    Raises:
        TooManyRequestsError: 429, with the seconds in Retry-After.
        TransientError: no response, or 5xx.
        PermanentError: any other response.
    """
    content = {"Content-Type": "application/json"} if body is not None else {}
    try:
        answer = _connections().request(
            method,
            url,
            body=json.dumps(body).encode() if body is not None else None,
            headers=content | dict(headers or {}),
        )
    except urllib3.exceptions.HTTPError as error:
        raise TransientError(f"{method} {url}: {error}") from error
    if answer.status == _TOO_MANY_REQUESTS:
        raise TooManyRequestsError(f"{method} {url}: 429", _seconds(answer.headers.get("Retry-After")))
    if answer.status >= 500:
        raise TransientError(f"{method} {url}: {answer.status}")
    if answer.status >= 300:
        raise PermanentError(f"{method} {url}: {answer.status} {answer.data[:200].decode(errors='replace')}")
    return json.loads(answer.data)


def _seconds(value: str | None) -> float:
    """Retry-After in seconds. A date, which none of these services use, counts as one second."""
    return float(value) if value and value.isdigit() else 1.0
