"""Rules about queues whose tasks have no time limit."""

from collections.abc import Iterator

from celery_platform.broker_kinds import kinds_where
from celery_platform.environment.derived.drains import queues_of
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.time_budget import MAX_VISIBILITY_TIMEOUT_SECONDS

# The first version with a consumer timeout per consumer (rabbitmq.com, "Delivery Acknowledgement Timeout").
FIRST_VERSION = (3, 12)


def no_limit_needs_a_broker_that_waits(env: Environment) -> Iterator[Problem]:
    """SQS and kombu's Redis transport deliver a message again after its visibility timeout, even if it still runs.

    SQS allows at most 12 hours (SQS quotas), so a longer task would run twice at the same time. On quorum queues,
    RabbitMQ waits for the acknowledgement as long as the consumer requests.

    Refused by: nobody; the task would run twice.
    """
    for name in _unlimited(env):
        path = f"queues.{name}.soft_time_limit_seconds"
        if env.broker.kind.facts.visibility_timeout:
            others = kinds_where(lambda facts: not facts.visibility_timeout)
            allowed = f"at most {MAX_VISIBILITY_TIMEOUT_SECONDS} s, or broker.kind: {others}"
            yield Problem(path, f"none on {env.broker.kind.value}, which has a visibility timeout", allowed)
        elif env.broker.mirrored:
            yield Problem(path, "none on a mirrored queue", "seconds, or broker.rabbitmq.replication: quorum")
        elif (version := env.broker.rabbitmq_version) is not None and version < FIRST_VERSION:
            yield Problem(path, f"none on RabbitMQ {version[0]}.{version[1]}", "seconds, or version 3.12 or later")


def no_limit_shares_no_pool_with_a_limit(env: Environment) -> Iterator[Problem]:
    """A prefetched message behind a task without a limit would exceed its own consumer timeout."""
    for pool in env.pools:
        queues = queues_of(env, pool)
        without = [name for name, queue in queues.items() if queue.soft_time_limit_seconds is None]
        limited = [name for name in queues if name not in without]
        if without and limited:
            found = f"{', '.join(without)} without a limit together with {', '.join(limited)} with one"
            yield Problem(f"pools.{pool}", found, "a pool of their own for queues without a limit")


def no_limit_is_not_for_solo(env: Environment) -> Iterator[Problem]:
    """A solo worker's only thread runs the task, so its heartbeat could not distinguish a long task from a hung one."""
    for pool, found in env.pools.items():
        if found.type == "solo" and any(q.soft_time_limit_seconds is None for q in queues_of(env, pool).values()):
            yield Problem(f"pools.{pool}.type", "solo with a queue without a limit", "another type")


def stop_timeout_is_set_only_without_a_limit(env: Environment) -> Iterator[Problem]:
    """With a limit, the stop timeout follows from the longest task: less would kill it, more would only delay."""
    for pool, found in env.pools.items():
        limits = [queue.soft_time_limit_seconds for queue in queues_of(env, pool).values()]
        if found.stop_timeout_seconds is not None and None not in limits:
            text = f"{found.stop_timeout_seconds} on a pool whose queues have limits"
            yield Problem(f"pools.{pool}.stop_timeout_seconds", text, "nothing: it follows from the limits")


def _unlimited(env: Environment) -> list[str]:
    return [name for name, queue in env.queues.items() if queue.soft_time_limit_seconds is None]


RULES = (
    no_limit_needs_a_broker_that_waits,
    no_limit_shares_no_pool_with_a_limit,
    no_limit_is_not_for_solo,
    stop_timeout_is_set_only_without_a_limit,
)
