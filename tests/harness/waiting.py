"""Waits until a condition holds."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(found: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """Return the first truthy answer; fails after `seconds` with what did not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {seconds} s")
