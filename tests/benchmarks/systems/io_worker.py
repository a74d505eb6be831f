"""A gevent or threads pool of this project with the benchmark's Celery app.

`python -m tests.benchmarks.systems.io_worker threads SLOTS`, and for gevent under `python -m gevent.monkey --module`.
"""

import sys

from celery_platform.turbo.worker.install import install_transport

from tests.benchmarks.cases import LEAN
from tests.benchmarks.systems.celery_app import app

if __name__ == "__main__":
    pool, slots = sys.argv[1:]
    install_transport(pool)
    # Settings of app/celery_platform/settings for every pool.
    app.conf.result_backend_thread_safe = True
    app.worker_main(["worker", f"--pool={pool}", f"--concurrency={slots}", *LEAN])
