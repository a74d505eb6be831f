"""A scheduled task that runs once for each slot."""

import time
from datetime import UTC, datetime
from typing import Any

from celery import Task, current_task
from celery_platform.reliability.idempotent import idempotent

from exercises.celery import celery
from exercises.quick import note


def _this_slot(slot: str | None) -> str:
    """The given slot, or the minute in which beat published the message."""
    sent_at = getattr(current_task.request, "sent_at", None) or time.time()
    return slot or datetime.fromtimestamp(sent_at, UTC).strftime("%Y-%m-%dT%H:%M")


@celery.task(bind=True, name="exercises.nightly.summary")
@idempotent(key=lambda slot: f"summary:{_this_slot(slot)}")
def summary(_self: Task[Any, Any], slot: str | None = None) -> None:
    """Leave a note with the slot."""
    slot = _this_slot(slot)
    note.delay(f"summary:{slot}", f"summary of {slot}")
