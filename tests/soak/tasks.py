"""The tasks of the load, and the receivers by which a worker writes its history."""

import os
import time
from pathlib import Path
from typing import Any

from celery import Task, signals
from celery_platform.reliability.errors import PermanentError, TransientError
from celery_platform.reliability.idempotent import idempotent
from celery_platform.reliability.signals import delivery_settled
from exercises.celery import celery

from tests.history.events import FOLDER, WORKER, Kind, Recorder

history = Recorder(Path(os.environ.get(FOLDER, ".")))
WORKER_NAME = os.environ.get(WORKER, "")


# What it appends stands for a call to a service.
@celery.task(bind=True, name="load.effect")
@idempotent(key=lambda key, **_: f"soak:{key}", lease_seconds=3)
def effect(self: Task[Any, Any], key: str, failures: int = 0, seconds: float = 0, *, fatal: bool = False) -> None:
    """Have the effect of that key, after so many failures and so much time."""
    if (self.request.retries or 0) < failures:
        raise TransientError("not yet")
    if fatal:
        raise PermanentError("never")
    time.sleep(seconds)
    history.record(Kind.EFFECT, str(self.request.id), worker=WORKER_NAME, what=key)


def write_history() -> None:
    """Write down what this process's tasks do, and how their deliveries are settled."""
    signals.task_prerun.connect(_started, weak=False)
    signals.task_postrun.connect(_ended, weak=False)
    delivery_settled.connect(_settled, weak=False)


def _started(task_id: str = "", **_: Any) -> None:
    history.record(Kind.STARTED, task_id, worker=WORKER_NAME)


def _ended(task_id: str = "", state: str | None = None, **_: Any) -> None:
    history.record(Kind.ENDED, task_id, worker=WORKER_NAME, what=state or "")


def _settled(task_id: str = "", settlement: str = "", **_: Any) -> None:
    history.record(Kind.SETTLED, task_id, worker=WORKER_NAME, what=settlement)
