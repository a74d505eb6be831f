"""An effect that must not be repeated."""

from typing import Any

from celery import Task
from celery_platform.reliability.idempotent import idempotent
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from exercises.celery import celery
from exercises.service import enter


def recorded_key(prefix: str) -> str:
    """The set in the result store of entries whose tasks came to their very end."""
    return f"{prefix}:recorded"


@celery.task(bind=True, name="exercises.effects.record")
@idempotent(key=lambda entry, **_: f"record:{entry}")
def record(_self: Task[Any, Any], entry: str, amount: int = 1) -> str:  # noqa: ARG001 - an argument to inspect
    """Enter an effect, and note at the end that it is known here too."""
    receipt: str = enter("effects", entry)["receipt"]
    valkey().sadd(recorded_key(runtime().environment.prefix), entry)
    return receipt
