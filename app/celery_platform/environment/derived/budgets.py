"""The time budget of each queue: its own limits, and how long its messages may be held behind others."""

from collections.abc import Mapping

from celery_platform.environment.derived.drains import queues_of
from celery_platform.environment.model import BrokerKind, Environment, Pool
from celery_platform.environment.model.queues import Queue
from celery_platform.environment.time_budget import UNLIMITED_STOP_SECONDS, TimeBudget, hard_time_limit

# Twice what a turbo process acknowledges with one write: it works on one half while RabbitMQ sends the other.
TURBO_PREFETCH = 64
# Where a killed worker's messages come back only after the visibility timeout, which covers all that is held: two
# receives of SQS, which gives ten at most.
TURBO_PREFETCH_UNTIL_TIMEOUT = 20
TIMED = (BrokerKind.SQS, BrokerKind.REDIS)
# RabbitMQ's own (rabbitmq.com, "Delivery Acknowledgement Timeout"), where no queue has a limit to derive one from.
DEFAULT_CONSUMER_TIMEOUT_SECONDS = 1_800


def prefetch_multiplier(env: Environment, pool: Pool) -> int:
    """Messages reserved for each slot: what is stated, or what suits the type.

    A turbo process reads and acknowledges many messages at a time, so it must hold many.
    """
    if pool.prefetch_multiplier:
        return pool.prefetch_multiplier
    if pool.type != "turbo":
        return 1
    return TURBO_PREFETCH_UNTIL_TIMEOUT if env.broker.kind in TIMED else TURBO_PREFETCH


def budgets_of(env: Environment) -> dict[str, TimeBudget]:
    """By queue."""
    behind = {name: _seconds_behind(env, name, pool) for name, pool in env.pools.items()}
    return {name: _budget(env, queue, behind) for name, queue in env.queues.items()}


def broker_wide(budgets: Mapping[str, TimeBudget]) -> tuple[int, int]:
    """Consumer and visibility timeout of the whole broker: the largest of the queues that have a limit.

    A queue without one has a consumer timeout of its own.
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
    # Whichever of its pools takes a message, the one that holds it longest decides.
    longest = max((behind.get(pool, 0) for pool in queue.pool), default=0)
    return TimeBudget.of(queue.soft_time_limit_seconds, countdown, behind=longest)


def _seconds_behind(env: Environment, name: str, pool: Pool) -> int:
    """How long a message may wait in a slot for those before it, if each takes all its time.

    RabbitMQ counts the messages of each queue's consumer by themselves (quorum queues know no global prefetch count).
    """
    soft = [queue.soft_time_limit_seconds for queue in queues_of(env, name).values()]
    limits = [hard_time_limit(limit) for limit in soft if limit is not None]
    counted = 1 if env.broker.kind in TIMED else len(limits)
    return (prefetch_multiplier(env, pool) * counted - 1) * max(limits, default=0)
