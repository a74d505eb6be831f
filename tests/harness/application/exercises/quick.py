"""Short tasks: one with an effect for which a test can wait, one with a result."""

from typing import Any

from celery import Task
from celery_platform.reliability.idempotent import idempotent

from exercises.celery import celery
from exercises.service import enter


@celery.task(bind=True, name="exercises.quick.note")
@idempotent(key=lambda key, **_: f"note:{key}")
def note(_self: Task[Any, Any], key: str, text: str) -> None:  # noqa: ARG001 - makes the key
    """Write a text to the ledger, which stores every request, so this task must ensure one for each key."""
    enter("notes", text)


@celery.task(name="exercises.quick.double", ignore_result=False)
def double(number: int) -> int:
    """Return a result."""
    return 2 * number
