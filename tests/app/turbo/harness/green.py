"""A gevent worker on its own: `python -m gevent.monkey --module tests.app.turbo.harness.green SLOTS`."""

import os
import sys

from app.turbo.worker.install import install_green

from .work import EARLY_QUEUE, QUEUE, app

if __name__ == "__main__":
    install_green()
    app.select_queues([QUEUE, EARLY_QUEUE])
    with app.connection() as connection:
        for queue in app.conf.task_queues:
            queue(connection.default_channel).declare()
    name = f"--hostname=green-{os.environ['TURBO_NAME']}-{os.getpid()}@test"
    options = ["--without-mingle", "--without-gossip", "--without-heartbeat", *os.environ["TURBO_OPTIONS"].split()]
    app.worker_main(["worker", "--pool=gevent", f"--concurrency={sys.argv[1]}", "--loglevel=INFO", name, *options])
