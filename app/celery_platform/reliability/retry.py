"""How often and how long a task is tried again: typed errors only, exponential backoff with full jitter, a cap.

Full jitter waits anything between 0 and the backoff: a service that comes back is not met by all callers at once
(Amazon Builders' Library, "Timeouts, retries, and backoff with jitter").
"""

from dataclasses import dataclass
from typing import Any

from celery_platform.reliability.errors import TransientError


@dataclass(frozen=True)
class Retry:
    """At most `times` retries, after up to `first_seconds`, then twice that, and so on up to `longest_seconds` each.

    Only `transient` errors are retried: an error that nobody foresaw is a defect, and fails at once.

    Example: `@celery.task(name="...", **Retry(times=3, longest_seconds=20).options())`
    """

    times: int = 8
    first_seconds: int = 1
    longest_seconds: int = 60
    transient: tuple[type[Exception], ...] = (TransientError,)

    def options(self) -> dict[str, Any]:
        """The task options that Celery knows it by."""
        return {
            "autoretry_for": self.transient,
            "max_retries": self.times,
            "retry_backoff": self.first_seconds,
            "retry_backoff_max": self.longest_seconds,
            "retry_jitter": True,
        }

    def as_autoretry(self) -> dict[str, Any]:
        """The same as options of Celery's `add_autoretry_behaviour`, which leave a task's own `max_retries` alone."""
        options = self.options()
        return options | {"retry_kwargs": {"max_retries": options.pop("max_retries")}}

    def most_seconds(self) -> int:
        """The longest that all waits together can take: the longest outage that a message may survive.

        Example: `Retry().most_seconds() == 183`
        """
        return sum(min(self.longest_seconds, self.first_seconds * 2**number) for number in range(self.times))


DEFAULT = Retry()
