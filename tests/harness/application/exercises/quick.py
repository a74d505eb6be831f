"""Short tasks: one with an effect that a test can wait for, one with a result."""

from typing import Any

from celery import Task
from celery_platform.reliability.idempotent import idempotent

from exercises.celery import celery
from exercises.service import enter


@celery.task(bind=True, name="exercises.quick.note")
@idempotent(key=lambda key, **_: f"note:{key}")
def note(_self: Task[Any, Any], key: str, text: str) -> None:  # noqa: ARG001 - makes the key
    """Leave a text with the ledger, which keeps all it gets: that there is one for each key is this task's doing."""
    enter("notes", text)


@celery.task(name="exercises.quick.double", ignore_result=False)
def double(number: int) -> int:
    """Keep a result."""
    return 2 * number
