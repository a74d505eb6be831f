"""How a task is retried: after typed errors only, with exponential backoff, full jitter and a cap.

Full jitter waits any time between 0 and the backoff, so that a service that recovers does not meet all callers at once
(Amazon Builders' Library, "Timeouts, retries, and backoff with jitter").
"""

from dataclasses import dataclass
from typing import Any

from celery_platform.reliability.errors import TransientError


@dataclass(frozen=True)
class Retry:
    """At most `times` retries, after up to `first_seconds`, then twice that, and so on up to `longest_seconds` each.

    Only `transient` errors are retried. An unexpected error is a defect, and fails at once.

    Example: `@celery.task(name="...", **Retry(times=3, longest_seconds=20).options())`
    """

    times: int = 8
    first_seconds: int = 1
    longest_seconds: int = 60
    transient: tuple[type[Exception], ...] = (TransientError,)

    def options(self) -> dict[str, Any]:
        """Return the policy as options of Celery's `task` decorator."""
        return {
            "autoretry_for": self.transient,
            "max_retries": self.times,
            "retry_backoff": self.first_seconds,
            "retry_backoff_max": self.longest_seconds,
            "retry_jitter": True,
        }

    def as_autoretry(self) -> dict[str, Any]:
        """Return the policy for Celery's `add_autoretry_behaviour`, without overriding a task's own `max_retries`."""
        options = self.options()
        return options | {"retry_kwargs": {"max_retries": options.pop("max_retries")}}

    def most_seconds(self) -> int:
        """Return the most seconds that all waits together take: the longest outage that a message may survive.

        Example: `Retry().most_seconds() == 183`
        """
        return sum(min(self.longest_seconds, self.first_seconds * 2**number) for number in range(self.times))


DEFAULT = Retry()
