"""The scheduled report of what became of the day's tasks."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from celery import Task

from app.celery import celery
from app.observability.counts import counts_key
from app.reliability.once import Claim, Once
from app.reliability.valkey import valkey
from app.reliability.waiting import wait
from app.services import media
from app.settings import runtime
from app.tasks.email import send_email

LEASE_SECONDS = 120
KEEP_SECONDS = 7 * 86_400


@celery.task(bind=True, name="app.tasks.report.send_report")
def send_report(self: Task[Any, Any], slot: str | None = None) -> str | None:
    """Write the day's counts to S3 and mail them, once for each slot; returns the object's key, None when done before.

    A slot is the minute in which beat sent the task (as in 2026-11-23T12:05): the same for a retry, a redelivery, and a
    second beat that fires in the same minute.

    Example: `send_report.delay("2026-11-23T12:05")` writes a missed slot.
    """
    slot = slot or slot_of(getattr(self.request, "sent_at", None) or time.time())
    once = Once(f"report:{slot}", lease_seconds=LEASE_SECONDS, keep_seconds=KEEP_SECONDS)
    claim = once.claim()
    if claim is Claim.DONE:
        return None
    if claim is Claim.TAKEN:
        wait(self, once.patience())
    try:
        key = _write(slot)
    except Exception:
        once.give_up()
        raise
    once.finish()
    return key


def slot_of(sent_at: float) -> str:
    """The minute of a time in seconds since 1970, UTC."""
    return datetime.fromtimestamp(sent_at, UTC).strftime("%Y-%m-%dT%H:%M")


def _write(slot: str) -> str:
    counts = dict(sorted(valkey().hgetall(counts_key(slot.partition("T")[0])).items()))
    key = f"reports/{slot}.json"
    media.write(key, json.dumps({"slot": slot, "counts": counts}, indent=2).encode(), "application/json")
    environment = runtime().environment
    text = "\n".join(f"{name!s}: {count!s}" for name, count in counts.items()) or "no tasks today"
    send_email.delay(f"report:{slot}", environment.report_to, f"{environment.prefix}: tasks until {slot}", text)
    return key
