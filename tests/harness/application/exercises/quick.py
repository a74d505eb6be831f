"""A short task with an effect that a test can wait for."""

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
