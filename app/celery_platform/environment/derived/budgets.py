"""The time budget of each queue: its own limits, and how long its messages may be held behind others."""

from celery_platform.environment.model import BrokerKind, Environment, Pool
from celery_platform.environment.time_budget import TimeBudget, hard_time_limit

# Twice what a turbo process acknowledges with one write: it works on one half while RabbitMQ sends the other.
TURBO_PREFETCH = 64
# Where a killed worker's messages come back only after the visibility timeout, which covers all that is held: two
# receives of SQS, which gives ten at most.
TURBO_PREFETCH_UNTIL_TIMEOUT = 20
TIMED = (BrokerKind.SQS, BrokerKind.REDIS)


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
    return {
        name: TimeBudget.of(
            queue.soft_time_limit_seconds, queue.max_countdown_seconds, behind=behind.get(queue.pool, 0)
        )
        for name, queue in env.queues.items()
    }


def _seconds_behind(env: Environment, name: str, pool: Pool) -> int:
    """How long a message may wait in a slot for those before it, if each takes all its time.

    RabbitMQ counts the messages of each queue's consumer by themselves (quorum queues know no global prefetch count).
    """
    limits = [hard_time_limit(queue.soft_time_limit_seconds) for queue in env.queues.values() if queue.pool == name]
    counted = 1 if env.broker.kind in TIMED else len(limits)
    return (prefetch_multiplier(env, pool) * counted - 1) * max(limits, default=0)
