"""A worker with a pool for tasks that wait: `python -m tests.celery_platform.turbo.harness.waiting_pool threads SLOTS`.

For gevent under `python -m gevent.monkey --module`.
"""

import os
import sys

from celery_platform.turbo.worker.install import install_transport

from .work import EARLY_QUEUE, QUEUE, app

if __name__ == "__main__":
    pool, slots = sys.argv[1:]
    install_transport(pool)
    app.select_queues([QUEUE, EARLY_QUEUE])
    with app.connection() as connection:
        for queue in app.conf.task_queues:
            queue(connection.default_channel).declare()
    name = f"--hostname=waiting-{os.environ['TURBO_NAME']}-{os.getpid()}@test"
    options = ["--without-mingle", "--without-gossip", "--without-heartbeat", *os.environ["TURBO_OPTIONS"].split()]
    app.worker_main(["worker", f"--pool={pool}", f"--concurrency={slots}", "--loglevel=INFO", name, *options])
