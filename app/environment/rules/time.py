"""Rules about the time budget."""

from collections.abc import Iterator

from app.environment.errors import Problem
from app.environment.model import Environment
from app.environment.time_budget import MAX_VISIBILITY_TIMEOUT_SECONDS, TimeBudget


def visibility_timeout_is_allowed(env: Environment) -> Iterator[Problem]:
    """SQS refuses a visibility timeout over 12 hours (SQS quotas); the limit is kept on every broker."""
    for name, queue in env.queues.items():
        found = TimeBudget.of(queue.soft_time_limit_seconds, queue.max_countdown_seconds).visibility_timeout
        if found > MAX_VISIBILITY_TIMEOUT_SECONDS:
            allowed = f"a soft limit whose visibility timeout stays under {MAX_VISIBILITY_TIMEOUT_SECONDS} s"
            yield Problem(f"queues.{name}.soft_time_limit_seconds", f"a visibility timeout of {found} s", allowed)


RULES = (visibility_timeout_is_allowed,)
