"""When a child of a prefork pool is replaced: when it has grown by its share of what the worker's memory has room for.

A count of tasks says nothing about memory: short tasks reach it in a second, and long ones exhaust the worker before.
A fixed size would not do either: a child begins with the size of its application, most of which it shares with its
parent, and would be replaced after every task where that alone exceeds it.
"""

import os
from pathlib import Path

from celery_platform.settings import PoolSettings

PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
# What the children together leave of the worker's memory: a child is replaced after its task, not in the middle.
SHARE = 0.8
# A child may always grow so much, also where the memory is too small for its slots.
LEAST_GROWTH_MIB = 64


def most_mib(pool: PoolSettings, used_mib: float) -> int:
    """The resident memory in MiB at which a child is replaced: the pool's own bound, or else what `SHARE` allows.

    `used_mib` is what the worker uses before its first child is forked.

    Example: a pool of 1,024 MiB with four slots, whose worker uses 124 MiB: 304
    """
    if pool.max_memory_per_child_mib:
        return pool.max_memory_per_child_mib
    room = (pool.memory_mib - used_mib) * SHARE / pool.concurrency
    return round(used_mib + max(room, LEAST_GROWTH_MIB))


def used_mib() -> float:
    """The resident memory of this process, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MIB
