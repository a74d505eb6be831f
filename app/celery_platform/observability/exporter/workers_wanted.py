"""How many workers let the tasks of a pool start in time."""

from collections.abc import Mapping

from celery_platform.settings import PoolSettings


def workers_wanted(
    pool: PoolSettings, target: float, backlog: Mapping[str, int], runtimes: Mapping[str, float]
) -> float:
    """The number of workers with which every unfinished message starts within the target, and is then done.

    By Little's law (L = lambda W): if a queue's messages leave on average within the target and their own runtime,
    `backlog / (target + runtime)` leave in a second, and each occupies a slot for its runtime. Messages that are
    prefetched or running count like waiting ones, so that a pool whose slots all run long tasks keeps its workers: with
    a runtime far above the target, each message counts as a slot.

    Args:
        pool: the pool, with its share of queues that other pools drain, too.
        target: how long a message may wait, in seconds.
        backlog: label of a queue -> its unfinished messages.
        runtimes: label of a queue -> mean seconds of an attempt. For a queue without one, `backlog_per_worker` counts.

    Example: 3,000 messages of 5 s, 150 s to wait and 32 slots: `3000 / 155 * 5 / 32` = 3.02 workers
    """
    wanted = 0.0
    for label in pool.queues:
        mine = backlog.get(label, 0) * pool.backlog_shares[label]
        seconds = runtimes.get(label)
        if seconds is None:
            wanted += mine / pool.backlog_per_worker
        else:
            wanted += mine / (target + seconds) * seconds / pool.concurrency
    return wanted
