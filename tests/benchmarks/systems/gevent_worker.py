"""A gevent pool of this project, with the benchmark's Celery app.

`python -m gevent.monkey --module tests.benchmarks.systems.gevent_worker SLOTS`
"""

import sys

from app.turbo.worker.install import install_green
from tests.benchmarks.cases import LEAN
from tests.benchmarks.systems.celery_app import app

if __name__ == "__main__":
    install_green()
    # What app/settings has for every pool.
    app.conf.result_backend_thread_safe = True
    app.worker_main(["worker", "--pool=gevent", f"--concurrency={sys.argv[1]}", *LEAN])
