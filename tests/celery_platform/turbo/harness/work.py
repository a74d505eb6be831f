"""A Celery app of its own for turbo's tests. What its tasks did is in Valkey, where every process can write it."""

import json
import os
import signal
import time
from functools import lru_cache
from pprint import pformat
from typing import Any

from celery import Celery, signals
from celery.app.task import Context
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded
from kombu import Queue
from redis import Redis

QUEUE, EARLY_QUEUE, FEW, DEAD = "turbo-late", "turbo-early", "turbo-few-deliveries", "turbo-dead"
DEAD_LETTERING = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}

app = Celery("turbo-under-test", broker=os.environ.get("TURBO_BROKER"), backend=os.environ.get("TURBO_RESULTS"))
app.conf.update(
    task_queues=[
        Queue(QUEUE, queue_arguments={"x-queue-type": "quorum", **DEAD_LETTERING}),
        Queue(EARLY_QUEUE, queue_arguments={"x-queue-type": "classic", **DEAD_LETTERING}),
        Queue(FEW, queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": 3, **DEAD_LETTERING}),
        Queue(DEAD, queue_arguments={"x-queue-type": "classic"}),
    ],
    task_default_queue=QUEUE, task_acks_late=True, task_ignore_result=True, result_backend_thread_safe=True,
    broker_connection_retry_on_startup=True, worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_heartbeat=4, worker_pool_restarts="TURBO_RESTARTS" in os.environ,
    # Of Redis alone: what a killed process held is delivered again soon.
    broker_transport_options={"visibility_timeout": 5, "unacked_restore_interval": 0.5, "unacked_restore_throttle": 1},
)  # fmt: skip


@lru_cache(1)
def store() -> Redis:
    """Where tasks write what they did."""
    return Redis.from_url(os.environ["TURBO_RESULTS"], decode_responses=True)


def note(where: str, what: Any) -> int:
    """Append to a list; returns its length."""
    return int(store().rpush(where, str(what)))


@app.task
def record(where: str, what: Any) -> None:
    note(where, what)


@app.task
def record_slowly(where: str, what: Any, seconds: float) -> None:
    time.sleep(seconds)
    note(where, what)


@app.task(acks_late=False, queue=EARLY_QUEUE)
def record_slowly_early(where: str, what: Any, seconds: float) -> None:
    time.sleep(seconds)
    note(where, what)


@app.task
def nothing() -> None:
    """As little as a task can do."""


@app.task(acks_late=False, queue=EARLY_QUEUE)
def record_early(where: str, what: Any) -> None:
    note(where, what)


@app.task(ignore_result=False)
def add(*numbers: Any) -> int:
    return sum(sum(number) if isinstance(number, list) else number for number in numbers)


@app.task(ignore_result=False)
def fail(where: str) -> None:
    note(where, "ran")
    raise ValueError("as asked")


@app.task(bind=True, max_retries=2, ignore_result=False)
def retry(self: Any, where: str) -> int:
    attempt = note(where, self.request.retries)
    if attempt < 3:
        raise self.retry(countdown=0)
    return attempt


@app.task
def reject(where: str, requeue: bool) -> None:
    if note(where, "ran") == 1:
        raise Reject("as asked", requeue=requeue)


@app.task
def ignore(where: str) -> None:
    note(where, "ran")
    raise Ignore


@app.task(bind=True)
def about_me(self: Any, where: str) -> None:
    """What a task sees of its own message."""
    request = self.request
    seen = {
        "id": request.id, "args": request.args, "headers": request.headers, "retries": request.retries,
        "routing_key": request.delivery_info["routing_key"], "redelivered": request.delivery_info["redelivered"],
        "root_id": request.root_id, "correlation_id": request.correlation_id, "eager": request.is_eager,
        "timelimit": request.timelimit, "origin": bool(request.origin),
    }  # fmt: skip
    note(where, seen)


@app.task(bind=True)
def whole_request(self: Any, where: str, *_previous: Any, **_more: Any) -> None:
    """Every attribute of the request, as text."""
    names = {*vars(self.request), *vars(Context)}
    values = {name: getattr(self.request, name, "absent") for name in names if not name.startswith("_")}
    note(where, json.dumps({name: pformat(value) for name, value in values.items() if not callable(value)}))


@app.task
def kill_me(where: str) -> None:
    """Kills its own process the first time."""
    if note(where, "ran") == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@app.task(acks_late=False, queue=EARLY_QUEUE)
def kill_me_early(where: str) -> None:
    if note(where, "ran") == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@app.task
def kill_me_always(where: str) -> None:
    note(where, "ran")
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(bind=True, ignore_result=False)
def progress(self: Any, where: str) -> None:
    self.update_state(state="PROGRESS", meta={"done": 1})
    note(where, "half")
    time.sleep(3)


@app.task
def sleep(where: str, seconds: float) -> None:
    note(where, "begins")
    time.sleep(seconds)
    note(where, "ends")


@app.task(soft_time_limit=1)
def too_long(where: str) -> None:
    try:
        time.sleep(30)
    except SoftTimeLimitExceeded:
        note(where, "soft limit")


@app.task(time_limit=1, ignore_result=False)
def much_too_long(where: str) -> None:
    note(where, "begins")
    time.sleep(30)
    note(where, "ends")


@app.task(time_limit=1)
def unyielding(where: str) -> None:
    """Holds the interpreter the first time, so that no signal handler can run."""
    if note(where, "begins") == 1:
        sum(range(10**11))  # minutes in one call of C


@app.task(rate_limit="2/s")
def limited(where: str) -> None:
    note(where, time.time())


@app.task
def hold_memory(where: str, mib: int) -> None:
    held.append(b"x" * (mib * 2**20))
    note(where, os.getpid())


@app.task
def where_am_i(where: str) -> None:
    note(where, os.getpid())


held: list[bytes] = []


def listen_to_signals() -> None:
    """Note the signals around each task, where a worker was asked to."""
    for name in ("task_prerun", "task_postrun", "task_success", "task_failure", "task_retry", "task_revoked"):
        signal_ = getattr(signals, name)
        signal_.connect(lambda sender=None, name=name, **_: note("signals", f"{name} {sender.name}"), weak=False)
