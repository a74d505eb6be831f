"""Wait until a condition holds."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(found: Callable[[], T], what: str, seconds: float = 60) -> T:
    """Return the first truthy result. Fails after `seconds` with `what` in the message."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"timed out after {seconds} s waiting for {what}")
