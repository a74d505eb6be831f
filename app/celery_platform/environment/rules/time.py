"""Rules about the time budget."""

from collections.abc import Iterator

from celery_platform.environment.derived.budgets import budgets_of
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.time_budget import MAX_VISIBILITY_TIMEOUT_SECONDS


def visibility_timeout_is_allowed(env: Environment) -> Iterator[Problem]:
    """SQS refuses a visibility timeout over 12 hours (SQS quotas); the limit applies to every broker alike.

    Refused by: SQS, CreateQueue, InvalidAttributeValue.
    """
    for name, budget in budgets_of(env).items():
        found = budget.visibility_timeout
        if budget.hard_time_limit is not None and found > MAX_VISIBILITY_TIMEOUT_SECONDS:
            allowed = (
                "a lower soft limit, or a lower prefetch multiplier of its pool, so that the visibility timeout is at "
                f"most {MAX_VISIBILITY_TIMEOUT_SECONDS} s"
            )
            yield Problem(f"queues.{name}.soft_time_limit_seconds", f"a visibility timeout of {found} s", allowed)


RULES = (visibility_timeout_is_allowed,)
