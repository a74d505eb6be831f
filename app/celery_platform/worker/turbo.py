"""Run a turbo pool: several independent worker processes under a supervisor."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from celery import Celery

from celery_platform.settings import PoolSettings, Resolved
from celery_platform.worker.heartbeat_file import VARIABLE
from celery_platform.worker.turbo_heartbeat import TurboHeartbeat, file_of_process

if TYPE_CHECKING:
    from celery_platform.observability.metrics.state import Processes, WorkerState
    from celery_platform.turbo.supervisor.child import Child


def run_turbo(
    celery: Celery,
    environment: Resolved,
    pool: PoolSettings,
    options_of: Callable[[Resolved, PoolSettings], list[str]],
    metrics: "WorkerState | None" = None,
) -> int:
    """Run `pool.concurrency` worker processes until the pool is stopped; return the exit code.

    `options_of` is called in each process, because each start needs a new node name. `metrics` is told of the
    processes, whose states Celery keeps in each of them.
    """
    from celery_platform.guards.exit_code import run_worker
    from celery_platform.turbo.supervisor import SupervisorOptions, supervise
    from celery_platform.turbo.worker.install import install

    heartbeat = os.environ.get(VARIABLE)
    combined = TurboHeartbeat(heartbeat) if heartbeat else None

    def work(number: int) -> int:
        if heartbeat:
            os.environ[VARIABLE] = file_of_process(heartbeat, number)
        install(celery, guarded=True)
        return run_worker(celery, options_of(environment, pool))

    def on_turn(children: list["Child"]) -> None:
        if combined is not None:
            combined.write(children)
        if metrics is not None:
            metrics.processes = processes(children)

    options = SupervisorOptions(
        processes=pool.concurrency,
        max_tasks=pool.max_tasks_per_child,
        max_memory_mib=pool.max_memory_per_child_mib,
        # RabbitMQ applies the prefetch count to each queue's consumer separately.
        prefetched=pool.prefetch_multiplier * len(pool.queues),
    )
    return supervise(work, options, on_turn=on_turn)


def processes(children: list["Child"]) -> "Processes":
    """How many processes are ready, and how many run a task."""
    from celery_platform.observability.metrics.state import Processes

    return Processes(sum(child.ready for child in children), sum(child.busy for child in children))
