"""The time budget of each queue: its own limits, and how long a worker may hold its messages behind others."""

from collections.abc import Mapping

from celery_platform.environment.derived.drains import queues_of
from celery_platform.environment.model import Environment, Pool
from celery_platform.environment.model.queues import Queue
from celery_platform.environment.time_budget import UNLIMITED_STOP_SECONDS, TimeBudget, hard_time_limit

# Twice the number that a turbo process acknowledges with one write: it works on one half while RabbitMQ sends the
# other.
TURBO_PREFETCH = 64
# For brokers that redeliver a killed worker's messages only after the visibility timeout, which grows with the
# prefetch: two receives from SQS, which returns at most ten messages each.
TURBO_PREFETCH_UNTIL_TIMEOUT = 20
# RabbitMQ's default (rabbitmq.com, "Delivery Acknowledgement Timeout"), if no queue has a limit to derive one from.
DEFAULT_CONSUMER_TIMEOUT_SECONDS = 1_800


def prefetch_multiplier(env: Environment, pool: Pool) -> int:
    """Messages prefetched per slot: the configured number, or the default of the pool's type.

    A turbo process reads and acknowledges many messages at a time, so it must prefetch many.
    """
    if pool.prefetch_multiplier:
        return pool.prefetch_multiplier
    if pool.type != "turbo":
        return 1
    return TURBO_PREFETCH_UNTIL_TIMEOUT if env.broker.kind.facts.visibility_timeout else TURBO_PREFETCH


def budgets_of(env: Environment) -> dict[str, TimeBudget]:
    """The time budget of each queue, by label."""
    behind = {name: _seconds_behind(env, name, pool) for name, pool in env.pools.items()}
    return {name: _budget(env, queue, behind) for name, queue in env.queues.items()}


def broker_wide(budgets: Mapping[str, TimeBudget]) -> tuple[int, int]:
    """Consumer and visibility timeout of the whole broker, in seconds: the largest among queues with a time limit.

    A queue without a limit sets its own consumer timeout.
    """
    limited = [budget for budget in budgets.values() if budget.hard_time_limit is not None]
    if not limited:
        return DEFAULT_CONSUMER_TIMEOUT_SECONDS, DEFAULT_CONSUMER_TIMEOUT_SECONDS
    whole = TimeBudget.largest(limited)
    return whole.consumer_timeout, whole.visibility_timeout


def _budget(env: Environment, queue: Queue, behind: Mapping[str, int]) -> TimeBudget:
    countdown = queue.max_countdown_seconds
    if queue.soft_time_limit_seconds is None:
        pools = [env.pools[name] for name in queue.pool if name in env.pools]
        stops = [pool.stop_timeout_seconds or UNLIMITED_STOP_SECONDS for pool in pools]
        return TimeBudget.unlimited(countdown, max(stops, default=UNLIMITED_STOP_SECONDS))
    # Any of its pools may receive a message, so the pool that may hold it longest decides.
    longest = max((behind.get(pool, 0) for pool in queue.pool), default=0)
    return TimeBudget.of(queue.soft_time_limit_seconds, countdown, behind=longest)


def _seconds_behind(env: Environment, name: str, pool: Pool) -> int:
    """How long a prefetched message may wait for those before it if each takes its full time limit, in seconds.

    RabbitMQ applies the prefetch count to each queue's consumer separately (quorum queues have no global prefetch).
    """
    soft = [queue.soft_time_limit_seconds for queue in queues_of(env, name).values()]
    limits = [hard_time_limit(limit) for limit in soft if limit is not None]
    counted = 1 if env.broker.kind.facts.visibility_timeout else len(limits)
    return (prefetch_multiplier(env, pool) * counted - 1) * max(limits, default=0)
