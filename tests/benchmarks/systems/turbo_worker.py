"""A turbo pool of the benchmark's Celery app: `python -m tests.benchmarks.systems.turbo_worker PROCESSES`."""

import sys

from celery_platform.turbo.supervisor import SupervisorOptions, supervise
from celery_platform.turbo.worker.install import install

from tests.benchmarks.cases import LEAN, PREFETCH
from tests.benchmarks.systems.celery_app import app, batched_sqs


def work(number: int) -> int:
    install(app)
    batched_sqs()
    app.worker_main(["worker", f"--hostname=turbo{number}@benchmark", PREFETCH, *LEAN])
    return 0


app.finalize()
sys.exit(supervise(work, SupervisorOptions(int(sys.argv[1]))))
