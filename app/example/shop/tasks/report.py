"""The scheduled report of the outcome of the day's tasks."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from celery import Task, current_task
from celery_platform.observability.counts import counts_key
from celery_platform.reliability.idempotent import idempotent
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from shop.celery import celery
from shop.needs import needed
from shop.services import media
from shop.tasks.email import send_email


def slot_of(sent_at: float) -> str:
    """The minute of a time in seconds since 1970, UTC."""
    return datetime.fromtimestamp(sent_at, UTC).strftime("%Y-%m-%dT%H:%M")


def _this_slot(slot: str | None) -> str:
    """The given slot, or the minute in which beat published the message."""
    return slot or slot_of(getattr(current_task.request, "sent_at", None) or time.time())


@celery.task(bind=True, name="shop.tasks.report.send_report")
@idempotent(key=lambda slot: f"report:{_this_slot(slot)}")
def send_report(_self: Task[Any, Any], slot: str | None = None) -> str:
    """Write the day's counts to S3 and mail them, once for each slot; returns the object's key.

    A slot is the minute in which beat published the task (such as 2026-11-23T12:05). It is the same for a retry, a
    redelivery, and a second beat in the same minute. If a worker dies, the object is written again, and the e-mail is
    sent again with the same key, unless it was recorded as sent.

    Example: `send_report.delay("2026-11-23T12:05")` writes a missed slot.
    """
    slot = _this_slot(slot)
    counts = dict(sorted(valkey().hgetall(counts_key(slot.partition("T")[0])).items()))
    key = f"reports/{slot}.json"
    media.write(key, json.dumps({"slot": slot, "counts": counts}, indent=2).encode(), "application/json")
    environment = runtime().environment
    text = "\n".join(f"{name!s}: {count!s}" for name, count in counts.items()) or "no tasks today"
    send_email.delay(f"report:{slot}", needed("REPORT_TO"), f"{environment.prefix}: tasks until {slot}", text)
    return key
