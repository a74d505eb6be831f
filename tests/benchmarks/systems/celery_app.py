"""The benchmarked Celery app. BENCHMARK_* variables select broker, queue type and result store."""

import os
import time
from typing import Any

from celery import Celery
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from tests.benchmarks import counter

BROKER, QUEUE_TYPE = os.environ["BENCHMARK_BROKER"], os.environ.get("BENCHMARK_QUEUE", "classic")
QUEUE = f"celery-{QUEUE_TYPE}"
AMQP = BROKER.startswith("amqp")

app = Celery("benchmark", broker=BROKER)
app.conf.update(
    task_default_queue=QUEUE, task_acks_late=True, task_ignore_result=True, broker_connection_retry_on_startup=True,
)  # fmt: skip
if AMQP:
    app.conf.task_queues = [Queue(QUEUE, queue_arguments={"x-queue-type": QUEUE_TYPE})]
if os.environ.get("BENCHMARK_CONFIRM"):
    app.conf.broker_transport_options = {"confirm_publish": True}
if os.environ.get("BENCHMARK_RESULTS"):
    app.conf.update(task_ignore_result=False, result_backend=os.environ["BENCHMARK_RESULTS"])
if os.environ.get("BENCHMARK_FREEZE"):
    from celery_platform.worker.memory import share_memory

    share_memory()
if BROKER.startswith("sqs"):
    app.conf.update(
        broker_transport_options={"region": "eu-west-1", "wait_time_seconds": 1, "polling_interval": 0.01},
        worker_enable_remote_control=False,
    )


def batched_sqs() -> None:
    """Use the batching SQS transport in this process, as celery_platform/transports/registration.py does."""
    TRANSPORT_ALIASES["sqs"] = "celery_platform.transports.sqs.transport:Transport"


@app.task(name="noop")
def noop() -> None:
    counter.hit()


@app.task(name="add")
def add(left: int, right: int) -> int:
    counter.hit()
    return left + right


@app.task(name="wait")
def wait() -> None:
    time.sleep(0.01)
    counter.hit()


@app.task(name="arrive")
def arrive(sent_at: float) -> None:
    counter.arrived(sent_at)


def send(task: str, count: int, *args: Any) -> None:
    """Fill the queue; not what is measured."""
    from celery_platform.publishing import publish_many

    batched_sqs()
    publish_many(app.tasks[task], [(args, {})] * count)
