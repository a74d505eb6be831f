"""A turbo worker on its own: `python -m tests.celery_platform.turbo.harness PROCESSES [MAX_TASKS [MAX_MIB]]`."""

import os
import sys

from celery_platform.turbo.supervisor import SupervisorOptions, supervise
from celery_platform.turbo.worker.install import install

from .work import DEAD, EARLY_QUEUE, FEW, QUEUE, app, listen_to_signals


def main(processes: int, max_tasks: int | None = None, max_memory_mib: int | None = None) -> int:
    def work(number: int) -> int:
        install(app)
        if "TURBO_SIGNALS" in os.environ:
            listen_to_signals()
        app.select_queues([QUEUE, EARLY_QUEUE, FEW])
        name = f"--hostname=turbo-{os.environ['TURBO_NAME']}-{number}-{os.getpid()}@test"
        options = ["--without-mingle", "--without-gossip", "--without-heartbeat", "--prefetch-multiplier=64"]
        app.worker_main(["worker", "--loglevel=INFO", name, *options, *os.environ.get("TURBO_OPTIONS", "").split()])
        return 0

    with app.connection() as connection:
        for queue in app.conf.task_queues:
            queue(connection.default_channel).declare()
    assert DEAD
    return supervise(work, SupervisorOptions(processes, max_tasks, max_memory_mib, longest_back_off_seconds=2))


sys.exit(main(*(int(word) or None for word in sys.argv[1:])))  # type: ignore[arg-type]
