"""Who drains which queue, and how the work of a queue that several pools drain is shared out among them."""

from celery_platform.environment.model import Environment, Pool
from celery_platform.environment.model.queues import Queue

# A pool that is tiny beside another still counts, and nothing is divided by nothing.
LEAST_SHARE = 0.001


def queues_of(env: Environment, pool: str) -> dict[str, Queue]:
    """The queues that a pool drains, by label.

    Example: `list(queues_of(load("prod"), "cpu")) == ["slow", "nightly"]`
    """
    return {label: queue for label, queue in env.queues.items() if pool in queue.pool}


def backlog_shares(env: Environment, pool: str) -> dict[str, float]:
    """The share of each queue's backlog for which a pool adds workers: its part of all the slots the queue can have.

    If each of two pools looked at the whole backlog, there would be twice the workers. With these shares the pools
    together have as many slots as one pool would, and all are at their largest at the same backlog.

    Example: `backlog_shares(load("prod"), "io")["email"] == 1.0`
    """
    return {
        label: max(LEAST_SHARE, round(slots(env.pools[pool]) / sum(slots(env.pools[each]) for each in queue.pool), 3))
        for label, queue in queues_of(env, pool).items()
    }


def slots(pool: Pool) -> int:
    """Tasks at a time when the pool is at its largest."""
    return pool.max * workers(pool) * concurrency(pool)


def workers(pool: Pool) -> int:
    """Workers on each machine; a pod is one."""
    return pool.workers_per_host if pool.runs_on == "hosts" else 1


def concurrency(pool: Pool) -> int:
    """Tasks at a time of one worker."""
    return max(1, int(pool.cpu)) if pool.concurrency == "auto" else pool.concurrency
