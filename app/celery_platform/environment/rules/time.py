"""Rules about the time budget."""

from collections.abc import Iterator

from celery_platform.environment.derived.budgets import budgets_of
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.time_budget import MAX_VISIBILITY_TIMEOUT_SECONDS


def visibility_timeout_is_allowed(env: Environment) -> Iterator[Problem]:
    """SQS refuses a visibility timeout over 12 hours (SQS quotas); the limit is kept on every broker."""
    for name, budget in budgets_of(env).items():
        found = budget.visibility_timeout
        if budget.hard_time_limit is not None and found > MAX_VISIBILITY_TIMEOUT_SECONDS:
            allowed = (
                "a soft limit, and a prefetch multiplier of its pool, whose visibility timeout stays under "
                f"{MAX_VISIBILITY_TIMEOUT_SECONDS} s"
            )
            yield Problem(f"queues.{name}.soft_time_limit_seconds", f"a visibility timeout of {found} s", allowed)


RULES = (visibility_timeout_is_allowed,)
