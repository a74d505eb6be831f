"""What a class of requests does with a message that it makes no object for, because its task succeeds."""

from collections.abc import Mapping
from typing import Any

# The hard limit and the soft one, in seconds, in Celery's order; `None` leaves the task's own.
Limits = tuple[float | None, float | None]
# The attribute of a class of requests with its `WithoutRequest`. One that inherits it may do more, so that it does not
# count there: such a class says so itself, or its tasks go Celery's way.
ATTRIBUTE = "without_request"


class WithoutRequest:
    """Celery's own class of requests, which adds nothing.

    Example: `class Request(celery.worker.request.Request): without_request = Settling()`
    """

    def limits(self, given: Limits, task: Any, delivery: Mapping[str, Any]) -> Limits:  # noqa: ARG002 - for others
        """The time limits of a message that was delivered as `delivery` says, with the limits `given` in it."""
        return given

    def done(self, task: str, task_id: str) -> None:
        """The task succeeded, its result is stored, and its message is being acknowledged."""

    def given_back(self, task: str, task_id: str) -> None:
        """The task succeeded, but its result could not be stored: its message is delivered again."""
