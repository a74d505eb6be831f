"""Sending a dead letter again: to its queue first, out of the dead letters after, so that it is never in neither.

A replay that dies in between leaves the letter in both. It is then sent twice with the same task id, which idempotent
tasks bear, and never lost.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from celery import Celery

from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.dead_letters.held import Held
from celery_platform.dead_letters.message import Json, Letter
from celery_platform.dead_letters.publishing import PUBLISH_RETRY
from celery_platform.guards.bounded_publish import budget
from celery_platform.observability.published_at import PUBLISHED_AT
from celery_platform.settings import runtime

# What belongs to the life that ended: its death, its count of tries, its time limits of being wanted.
OF_ITS_FORMER_LIFE = ("x-dead-letter-", "x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-")
FORGOTTEN = frozenset({"eta", "expires", "deadline", "admitted_attempt"})


def replayed_headers(headers: Json) -> Json:
    """The headers of a message that starts anew: all retries to come, its deadline too, and how often it was replayed.

    Example: `replayed_headers({"id": "a", "retries": 8, "x-death": []})["retries"] == 0`
    """
    kept = {
        name: value
        for name, value in headers.items()
        if name not in FORGOTTEN and not name.startswith(OF_ITS_FORMER_LIFE)
    }
    now, replays = time.time(), int(headers.get("x-replays") or 0) + 1
    # `sent_at` stays: it names the slot of a report, and says since when the work is wanted.
    return kept | {"retries": 0, PUBLISHED_AT: now, "replayed_at": now, "x-replays": replays}


def replay(app: Celery, letters: Iterable[Held], *, per_second: float | None = None) -> Iterator[Letter]:
    """Send each letter to the queue it failed in and remove it; yields each that was. Unreadable ones stay.

    `per_second` keeps replayed work from pushing aside what comes in meanwhile.

    Raises:
        OperationalError, PublishError: the broker did not take a letter; it and those after it stay dead letters.
    """
    started, number = time.monotonic(), 0
    for held in letters:
        if not held.letter.replayable:
            continue
        if per_second:
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
        number += 1
        _send(app, held.letter)
        held.remove()
        yield held.letter


def _send(app: Celery, letter: Letter) -> None:
    properties: dict[str, Any] = {name: value for name, value in letter.properties.items() if value is not None}
    with budget(PUBLISH_BUDGET_SECONDS), app.producer_or_acquire() as producer:
        producer.publish(
            letter.body,
            exchange="",
            routing_key=runtime().environment.queues[letter.queue].name,
            serializer="json",
            headers=replayed_headers(letter.headers),
            retry=True,
            retry_policy=PUBLISH_RETRY,
            **properties,
        )
