"""Which pools drain which queues, and how pools that drain the same queue divide its backlog."""

from celery_platform.environment.model import Environment, Pool
from celery_platform.environment.model.queues import Queue

# The minimum share of a pool that is tiny compared to another. It also prevents a division by zero.
LEAST_SHARE = 0.001


def queues_of(env: Environment, pool: str) -> dict[str, Queue]:
    """The queues that a pool drains, by label.

    Example: `list(queues_of(load("prod"), "cpu")) == ["slow", "nightly"]`
    """
    return {label: queue for label, queue in env.queues.items() if pool in queue.pool}


def backlog_shares(env: Environment, pool: str) -> dict[str, float]:
    """The share of each queue's backlog for which a pool adds workers: its part of all slots that drain the queue.

    If two pools both scaled on the whole backlog, there would be twice as many workers as needed. With these shares,
    the pools together have as many slots as one pool would, and they reach their maximum size at the same backlog.

    Example: `backlog_shares(load("prod"), "io")["email"] == 1.0`
    """
    return {
        label: max(LEAST_SHARE, round(slots(env.pools[pool]) / sum(slots(env.pools[each]) for each in queue.pool), 3))
        for label, queue in queues_of(env, pool).items()
    }


def slots(pool: Pool) -> int:
    """The number of concurrent tasks when the pool has its maximum size."""
    return pool.max * workers(pool) * concurrency(pool)


def workers(pool: Pool) -> int:
    """The number of workers per machine; a pod is one worker."""
    return pool.workers_per_host if pool.runs_on == "hosts" else 1


def concurrency(pool: Pool) -> int:
    """The number of concurrent tasks of one worker."""
    return max(1, int(pool.cpu)) if pool.concurrency == "auto" else pool.concurrency
