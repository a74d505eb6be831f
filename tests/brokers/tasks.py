"""Tasks that only record what happened to them, or die; each event goes to a list in the result store."""

import json
import os
import signal
import time
from typing import Any

from celery import Task, chord
from celery_platform.reliability.errors import PermanentError, TransientError
from celery_platform.reliability.idempotent import idempotent
from celery_platform.reliability.valkey import valkey
from exercises.celery import celery


def say(token: str, what: str, **more: Any) -> int:
    """Record an event; returns how many there are of this token."""
    line = json.dumps({"what": what, "at": time.time(), "pid": os.getpid(), **more})
    return int(valkey().rpush(f"contract:{token}", line))


@celery.task(bind=True, name="contract.note")
def note(self: Task[Any, Any], token: str, seconds: float = 0, label: str = "") -> None:
    say(
        token,
        "start",
        id=self.request.id,
        label=label,
        redelivered=(self.request.delivery_info or {}).get("redelivered"),
    )
    time.sleep(seconds)
    say(token, "end", id=self.request.id, label=label)


# The app's own piece keeps an effect from being repeated; the set stands for a service that knows each effect's key.
@celery.task(bind=True, name="contract.effect")
@idempotent(key=lambda token, number, **_: f"{token}:{number}", lease_seconds=3)
def effect(self: Task[Any, Any], token: str, number: int, failures: int = 0, seconds: float = 0) -> None:
    if (self.request.retries or 0) < failures:
        raise TransientError("not yet")
    time.sleep(seconds)
    with valkey().pipeline() as pipe:
        pipe.incr(f"contract:{token}:runs")
        pipe.sadd(f"contract:{token}:effects", number)
        pipe.execute()


@celery.task(name="contract.other")
def other(token: str) -> None:
    say(token, "end")


@celery.task(name="contract.die")
def die(token: str, whole: bool) -> None:
    """Kill the child process or, as a container out of memory does, all of the worker's processes."""
    say(token, "start")
    if whole:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


@celery.task(name="contract.fail")
def fail(token: str) -> None:
    say(token, "start")
    raise PermanentError("it never works")


@celery.task(bind=True, name="contract.flaky")
def flaky(self: Task[Any, Any], token: str, failures: int) -> None:
    say(token, "start", id=self.request.id, retries=self.request.retries)
    if (self.request.retries or 0) < failures:
        raise TransientError("not yet")
    say(token, "end")


@celery.task(name="contract.part", ignore_result=False)
def part(token: str, number: int) -> int:
    say(token, "part")
    if number < 0:
        raise PermanentError("a part that fails")
    return number


@celery.task(name="contract.body")
def body(numbers: list[int], token: str) -> None:
    say(token, "body", total=sum(numbers))


@celery.task(name="contract.complain")
def complain(_request: Any, error: Any, _traceback: Any, token: str) -> None:
    say(token, "complaint", error=str(error))


def sheet(token: str, numbers: list[int]) -> None:
    """Return a chord with an error callback."""
    chord([part.s(token, number) for number in numbers])(body.s(token).on_error(complain.s(token)))
