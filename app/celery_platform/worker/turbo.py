"""A pool of type turbo: the app's worker in several lone processes under a supervisor."""

import os
from collections.abc import Callable

from celery import Celery

from celery_platform.settings import PoolSettings, Resolved
from celery_platform.worker.heartbeat_file import VARIABLE
from celery_platform.worker.turbo_heartbeat import TurboHeartbeat, file_of_process


def run_turbo(
    celery: Celery,
    environment: Resolved,
    pool: PoolSettings,
    options_of: Callable[[Resolved, PoolSettings], list[str]],
) -> int:
    """Run `pool.concurrency` workers until it is stopped; returns the exit code.

    `options_of` is asked in each process anew, because each start needs a node name of its own.
    """
    from celery_platform.guards.exit_code import run_worker
    from celery_platform.turbo.supervisor import SupervisorOptions, supervise
    from celery_platform.turbo.worker.install import install

    heartbeat = os.environ.get(VARIABLE)

    def work(number: int) -> int:
        if heartbeat:
            os.environ[VARIABLE] = file_of_process(heartbeat, number)
        install(celery, guarded=True)
        return run_worker(celery, options_of(environment, pool))

    options = SupervisorOptions(
        processes=pool.concurrency,
        max_tasks=pool.max_tasks_per_child,
        max_memory_mib=pool.max_memory_per_child_mib,
        # RabbitMQ counts the messages of each queue's consumer by themselves.
        cautious_tasks=pool.prefetch_multiplier * len(pool.queues),
    )
    return supervise(work, options, on_turn=TurboHeartbeat(heartbeat).tick if heartbeat else None)
