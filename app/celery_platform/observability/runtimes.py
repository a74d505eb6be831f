"""How long attempts take, summed in Valkey for the queues of pools that are scaled on waiting time.

`<prefix>:runtimes` is a hash with `<queue>:attempts` and `<queue>:microseconds`, which only grow, until a week passes
without any. Workers add to it (`counts.py`), and the exporter reads it, without Celery: on every broker and in every
pool it is the same.
"""

from celery_platform.settings import Resolved

ATTEMPTS, MICROSECONDS = "attempts", "microseconds"
# The states of attempts that say how long the work takes. One that failed or waits ended early, and while a service is
# away thousands of such would make the mean small, and with it the pool that has to drain the queue afterwards.
COMPLETE = frozenset({"succeeded", "timed_out"})


def runtimes_key(prefix: str) -> str:
    """The key of the hash; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:runtimes"


def measured(environment: Resolved) -> frozenset[str]:
    """The labels of the queues whose attempts are summed: those that a pool scaled on waiting time drains.

    Example: `measured(runtime().environment) == frozenset({"email"})`
    """
    pools = environment.pools.values()
    return frozenset(label for pool in pools if pool.wait_target_seconds is not None for label in pool.queues)
