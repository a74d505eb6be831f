"""Tasks that each use one feature of app/celery_platform/reliability and write a line to a file when they run."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from celery_platform.reliability.deadline import deadline
from celery_platform.reliability.errors import TransientError
from celery_platform.reliability.idempotent import fencing_token, idempotent
from celery_platform.reliability.retry import Retry
from celery_platform.routes import label_of_request
from celery_platform.settings import runtime

from exercises.celery import celery


def note(file: str, text: object) -> None:
    """Append a line. Short lines of several processes do not mix."""
    with Path(file).open("a") as sink:
        sink.write(f"{text}\n")


@celery.task(bind=True, name="probe.once")
@idempotent(key=lambda key, **_: f"probe:{key}", lease_seconds=3)
def once(self: Any, key: str, file: str, seconds: float = 0) -> str:
    note(file, f"start {fencing_token(self)}")
    time.sleep(seconds)
    note(file, "end")
    return key


@celery.task(bind=True, name="probe.once_returning", ignore_result=False)
@idempotent(key=lambda key, **_: f"probe:{key}", lease_seconds=3)
def once_returning(self: Any, key: str, file: str) -> Any:  # noqa: ARG001 - bound, as every idempotent task
    """Have an effect, and return what no JSON can carry."""
    note(file, "effect")
    return {1, 2}


@celery.task(name="probe.due")
@deadline(60)
def due(file: str) -> None:
    note(file, "ran")


@celery.task(name="probe.unwanted")
@deadline(60, drop=True)
def unwanted(file: str) -> None:
    note(file, "ran")


@celery.task(name="probe.flaky", **Retry(times=2, longest_seconds=2).options())
def flaky(file: str, failures: int) -> None:
    note(file, "try")
    if Path(file).read_text().count("try") <= failures:
        raise TransientError("not yet")


@celery.task(name="probe.endless")
def endless(file: str) -> None:
    note(file, os.getpid())
    with suppress(SoftTimeLimitExceeded):
        time.sleep(60)
    time.sleep(60)


@celery.task(name="probe.early", acks_late=False)
def early(file: str) -> None:
    note(file, "ran")


@celery.task(name="probe.slow")
def slow(file: str, seconds: float) -> None:
    note(file, "begins")
    time.sleep(seconds)
    note(file, "ends")


@celery.task(name="probe.held")
def held(file: str, end: str) -> None:
    """Run until the file `end` exists: until the test says so."""
    note(file, "begins")
    while not Path(end).exists():
        time.sleep(0.05)
    note(file, "ends")


@celery.task(name="probe.hang")
def hang(file: str) -> None:
    note(file, "begins")
    time.sleep(60)


@celery.task(bind=True, name="probe.again", max_retries=1)
def again(self: Any, file: str, seconds: int) -> None:
    """Record the queue of the message, and publish itself again with this delay in seconds."""
    note(file, label_of_request(runtime().environment, self.name, self.request))
    if not self.request.retries:
        raise self.retry(countdown=seconds)


@celery.task(bind=True, name="probe.counted")
def counted(self: Any, file: str, seconds: float = 0) -> None:
    """Record how often the broker counts its message as delivered before, on brokers that say so."""
    time.sleep(seconds)
    note(file, (self.request.headers or {}).get("x-delivery-count", 0))


@celery.task(name="probe.first", ignore_result=False)
def first(file: str) -> dict[str, int]:
    """Have an effect, and return what the next step of a chain needs."""
    note(file, "first")
    return {"number": 7}


@celery.task(name="probe.second")
def second(before: dict[str, int], file: str) -> None:
    note(file, f"second {before['number']}")
