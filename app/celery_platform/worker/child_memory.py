"""When a child of a prefork pool is replaced: when it has grown by its share of what the worker's memory has room for.

A count of tasks says nothing about memory: short tasks reach it in a second, and long ones exhaust the worker before.
A fixed size would not do either: a child begins with the size of its application, most of which it shares with its
parent, and would be replaced after every task where that alone exceeds it.
"""

from typing import Any, ClassVar

from celery.concurrency import asynpool, prefork

from celery_platform.observability.resident import resident_mib
from celery_platform.settings import PoolSettings

# What the children together leave of the worker's memory: a child is replaced after its task, not in the middle.
SHARE = 0.8
# A child may always grow so much, also where the memory is too small for its slots.
LEAST_GROWTH_MIB = 64


def most_mib(pool: PoolSettings, used_mib: float) -> int:
    """The resident memory in MiB at which a child is replaced: the pool's own bound, or else what `SHARE` allows.

    `used_mib` is what a child has when it begins, which is about what its parent has then.

    Example: a pool of 1,024 MiB with four slots, whose children begin with 124 MiB: 304
    """
    if pool.max_memory_per_child_mib:
        return pool.max_memory_per_child_mib
    room = (pool.memory_mib - used_mib) * SHARE / pool.concurrency
    return round(used_mib + max(room, LEAST_GROWTH_MIB))


class Child(asynpool.Worker):
    """A child's part of Celery's pool. Its bound follows from its own size, when it is ready to take tasks.

    Its parent grows after the start (connections, requests, what was imported late). A child that is forked then begins
    with all of that, and would be over a bound of the start with its first task.
    """

    pool: ClassVar[PoolSettings]

    def on_loop_start(self, pid: int) -> Any:
        """Set the bound, in KiB, which billiard compares after each task with the most that the child has had."""
        self.max_memory_per_child = most_mib(self.pool, resident_mib()) * 1024
        return super().on_loop_start(pid)


def install(pool: PoolSettings) -> None:
    """Let prefork workers of this process bound their children so."""
    Child.pool = pool
    prefork.TaskPool.Pool.Worker = Child
