"""A dead-lettered message as people and programs see it, whether the app or the broker put it there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any

from celery_platform.reliability.returned_header import ONLY_WHAT_FOLLOWS, returned_before

Json = dict[str, Any]
# What a broker adds when it moves a message by itself: RabbitMQ's reasons (guide "Dead Letter Exchanges").
BROKER_REASONS: Mapping[str, str] = {
    "delivery_limit": "moved by the broker: delivered as often as the queue allows, its worker dying each time",
    "rejected": "moved by the broker: a worker rejected it (an unknown task, or a body that cannot be read)",
    "expired": "moved by the broker: it expired in the queue",
    "maxlen": "moved by the broker: the queue was full",
}
REDRIVEN = "moved by the broker: received as often as the redrive policy allows, its worker dying each time"
UNREADABLE = "not a task message: it can be shown and removed, not replayed"


@dataclass(frozen=True)
class DeadLetteredMessage:
    """`queue` is the label of the queue it failed in; times are seconds since 1970; `body` is args, kwargs, embed.

    `reason` starts with the error's type. `attempts` and times are `None` where nobody recorded them.
    """

    queue: str
    id: str
    task: str
    reason: str
    attempts: int | None
    failed_at: float | None
    sent_at: float | None
    traceback: str | None
    body: Any
    headers: Json = field(repr=False)
    properties: Json = field(repr=False)

    @property
    def replayable(self) -> bool:
        """Whether this is the message of a task, which can be sent again."""
        return bool(self.task) and isinstance(self.body, list | tuple)

    def as_json(self) -> Json:
        """Every field but the properties, for `--json`, `show` and `export`."""
        names = ("queue", "id", "task", "reason", "attempts", "failed_at", "sent_at", "traceback", "body", "headers")
        return {name: getattr(self, name) for name in names}


def dead_lettered_message(
    queue: str, headers: Json, body: Any, properties: Json, *, max_deliveries: int
) -> DeadLetteredMessage:
    """Interpret a message from the dead letter queue of `queue`, a label.

    Example: `dead_lettered_message("email", message.headers, message.payload, {}, max_deliveries=5).reason`
    """
    reason, attempts = headers.get("x-dead-letter-reason"), headers.get("x-dead-letter-attempts")
    failed_at = headers.get("x-dead-letter-at")
    task = str(headers.get("task") or "")
    if reason is None:
        reason, attempts, failed_at = _by_the_broker(headers, max_deliveries) if task else (UNREADABLE, None, None)
    task_id = str(headers.get("id") or properties.get("correlation_id") or "")
    if returned_before(headers, task, task_id) is not None:
        reason = f"{reason} {ONLY_WHAT_FOLLOWS}"
    return DeadLetteredMessage(
        queue=queue,
        id=task_id,
        task=task,
        reason=str(reason),
        attempts=_number(attempts),
        failed_at=_number(failed_at),
        sent_at=_number(headers.get("sent_at")),
        traceback=_text(headers.get("x-dead-letter-traceback")),
        body=body,
        headers=headers,
        properties=properties,
    )


def _by_the_broker(headers: Json, max_deliveries: int) -> tuple[str, int | None, float | None]:
    """Return reason, attempts and time of a message that the broker moved by itself."""
    deaths = headers.get("x-death") or []
    death = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else None
    if death is None:
        return f"redriven: {REDRIVEN}", max_deliveries, None
    kind, moment = str(death.get("reason", "unknown")), death.get("time")
    attempts = max_deliveries if kind == "delivery_limit" else None
    at = moment.timestamp() if isinstance(moment, datetime) else None
    return f"{kind}: {BROKER_REASONS.get(kind, 'moved by the broker')}", attempts, at


def _number(value: Any) -> Any:
    """A number; whatever else a sender may have put there is none, so that no reader has to ask again."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return value if isfinite(value) else None
    except OverflowError:  # JSON has integers of any length
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
