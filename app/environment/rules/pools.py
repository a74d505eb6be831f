"""Rules between queues, pools and the schedule."""

from collections.abc import Iterator

from app.environment.errors import Problem
from app.environment.model import Environment


def queue_names_an_existing_pool(env: Environment) -> Iterator[Problem]:
    """A queue nobody drains grows without bound."""
    for name, queue in env.queues.items():
        if queue.pool not in env.pools:
            yield Problem(f"queues.{name}.pool", repr(queue.pool), f"one of: {', '.join(sorted(env.pools))}")


def every_pool_drains_a_queue(env: Environment) -> Iterator[Problem]:
    """A pool without a queue costs money, and Celery would let it consume the default queue of another."""
    used = {queue.pool for queue in env.queues.values()}
    for name in sorted(set(env.pools) - used):
        yield Problem(f"pools.{name}", "a pool that no queue names", "a pool that at least one queue names")


def schedule_names_an_existing_queue(env: Environment) -> Iterator[Problem]:
    """Beat would publish to a queue that nothing declares."""
    for name, entry in env.schedule.items():
        if entry.queue not in env.queues:
            yield Problem(f"schedule.{name}.queue", repr(entry.queue), f"one of: {', '.join(sorted(env.queues))}")


def pool_bounds_are_ordered(env: Environment) -> Iterator[Problem]:
    """Every autoscaler refuses a minimum above the maximum, after the apply has begun."""
    for name, pool in env.pools.items():
        if pool.min > pool.max:
            yield Problem(f"pools.{name}.min", str(pool.min), f"at most max ({pool.max})")


def hosts_are_not_autoscaled(env: Environment) -> Iterator[Problem]:
    """Hosts have fixed names and addresses, so their number is one number."""
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.min != pool.max:
            yield Problem(f"pools.{name}.max", str(pool.max), f"equal to min ({pool.min}) on a pool that runs on hosts")


RULES = (
    queue_names_an_existing_pool,
    every_pool_drains_a_queue,
    schedule_names_an_existing_queue,
    pool_bounds_are_ordered,
    hosts_are_not_autoscaled,
)
