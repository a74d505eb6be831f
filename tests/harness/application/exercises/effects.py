"""A task with an effect that must not be duplicated."""

from typing import Any

from celery import Task
from celery_platform.reliability.idempotent import idempotent
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from exercises.celery import celery
from exercises.service import enter


def recorded_key(prefix: str) -> str:
    """The key of the set in the result store with the entries of finished tasks."""
    return f"{prefix}:recorded"


@celery.task(bind=True, name="exercises.effects.record")
@idempotent(key=lambda entry, **_: f"record:{entry}")
def record(_self: Task[Any, Any], entry: str, amount: int = 1) -> str:  # noqa: ARG001 - an argument to inspect
    """Make an entry, and record at the end that the task finished."""
    receipt: str = enter("effects", entry)["receipt"]
    valkey().sadd(recorded_key(runtime().environment.prefix), entry)
    return receipt
