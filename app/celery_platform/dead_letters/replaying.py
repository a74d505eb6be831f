"""Send a dead-lettered message to its queue again, and remove it from the dead letter queue only afterwards.

If a replay dies in between, the message is in both queues. It is then sent twice with the same task id, which
idempotent tasks tolerate, and it is never lost.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from celery import Celery
from kombu.utils.json import dumps

from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage, Json
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS, PUBLISH_RETRY
from celery_platform.observability.published_at import PUBLISHED_AT
from celery_platform.observability.replays import REPLAY_ID
from celery_platform.refusals.size import REPLAYS
from celery_platform.reliability.waiting import AGAIN
from celery_platform.settings import runtime
from celery_platform.transports.amqp.publish_budget import budget

# They describe the attempts that failed: how the message was dead-lettered, its deliveries and retries, and its times.
DROPPED_PREFIXES = ("x-dead-letter-", "x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-")
DROPPED_HEADERS = frozenset({"eta", "expires", "deadline", "admitted_attempt", AGAIN, REPLAY_ID})


def replayed_headers(headers: Json, replay_id: str = "") -> Json:
    """Return the headers of a message that starts again, with all its retries, and with how often it was replayed.

    `replay_id` names the replay that its first attempt is counted for.

    Example: `replayed_headers({"id": "a", "retries": 8, "x-death": []})["retries"] == 0`
    """
    kept = {
        name: value
        for name, value in headers.items()
        if name not in DROPPED_HEADERS and not name.startswith(DROPPED_PREFIXES)
    }
    now, replays = time.time(), replays_of(headers) + 1
    # `sent_at` stays: it names the slot of a report, and says when the work was first asked for.
    counted = {REPLAY_ID: replay_id} if replay_id else {}
    return kept | {"retries": 0, PUBLISHED_AT: now, "replayed_at": now, REPLAYS: replays} | counted


def replays_of(headers: Json) -> int:
    """How often a message was replayed.

    Example: `replays_of({}) == 0`
    """
    found = headers.get(REPLAYS)
    return found if isinstance(found, int) else 0


def replay(
    app: Celery,
    messages: Iterable[Held],
    *,
    per_second: float | None = None,
    replay_id: str = "",
    until: Callable[[], bool] = lambda: False,
) -> Iterator[DeadLetteredMessage]:
    """Send each message to the queue it failed in, then remove and yield it. Unreadable messages stay.

    One that fails again while others are read stays, too: it would be sent without end.

    Args:
        app: the Celery instance whose connection is used.
        messages: what to send; those that were not sent stay.
        per_second: how many at most, so that replayed work does not delay new work.
        replay_id: by which workers count how the messages fare (`observability/replays.py`).
        until: asked before each message; the replay ends when it is true.

    Raises:
        OperationalError, PublishError: the broker did not take a message; it and those after it stay dead-lettered.
    """
    started, number = time.monotonic(), 0
    sent: dict[str, int] = {}
    for held in messages:
        message = held.message
        if not message.replayable or replays_of(message.headers) >= sent.get(message.id, sys.maxsize):
            continue
        if until():
            return
        if per_second:
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
        number += 1
        sent[message.id] = replays_of(message.headers) + 1
        _send(app, message, replay_id)
        held.remove()
        yield message


def _send(app: Celery, message: DeadLetteredMessage, replay_id: str) -> None:
    properties: dict[str, Any] = {name: value for name, value in message.properties.items() if value is not None}
    with budget(PUBLISH_BUDGET_SECONDS), app.producer_or_acquire() as producer:
        producer.publish(
            _small(message.body),
            exchange="",
            routing_key=runtime().environment.queues[message.queue].name,
            content_type="application/json",
            content_encoding="utf-8",
            compression=message.headers.get("compression"),
            headers=replayed_headers(message.headers, replay_id),
            retry=True,
            retry_policy=PUBLISH_RETRY,
            **properties,
        )


def _small(body: Any) -> bytes:
    """The body as JSON that is no larger than any that a sender made: it has to fit where that did."""
    try:
        return str(dumps(body, ensure_ascii=False, separators=(",", ":"))).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return str(dumps(body)).encode()
