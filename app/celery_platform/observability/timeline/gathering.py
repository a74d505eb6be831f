"""What a process has gathered of its attempts and not stored yet: it is called for every task, and waits for nothing.

It is stored with the other counts, in the same round trip (`counts.py`). While the store does not answer, events are
dropped and counted (`celery_timeline_events_dropped_total`).
"""

import time
from collections import defaultdict
from datetime import datetime
from typing import Any

from celery.exceptions import Retry

from celery_platform.observability.logs.context import trace_id
from celery_platform.observability.logs.redaction import redacted
from celery_platform.observability.outcome import Outcome
from celery_platform.observability.published_at import PUBLISHED_AT
from celery_platform.observability.timeline.event import Event, line_of, plain
from celery_platform.observability.timeline.partitions import add_to, partition_of
from celery_platform.reliability.ends import reason_of

# Of one process, while they wait for the store: a minute of a fast one, and a few megabytes.
MOST_WAITING = 10_000
MOST_OF_AN_ERROR = 300
MOST_RETRIES = 1_000_000


class Events:
    """Events that wait to be stored.

    Example: `events.add(event_of_outcome(outcome, "email"))`
    """

    def __init__(self) -> None:
        self.count = self.dropped = 0
        self._lines: defaultdict[int, list[bytes]] = defaultdict(list)

    def add(self, event: Event) -> None:
        """Add an event. One that has no room is dropped."""
        if self.count >= MOST_WAITING:
            self.dropped += 1
            return
        self.count += 1
        try:
            line = line_of(event).encode()
        except (TypeError, ValueError, OverflowError):  # whoever sends a message chooses what its headers are
            event = plain(event)
            line = line_of(event).encode()
        home = partition_of(event.id)
        self._lines[home].append(line)
        if event.root and (other := partition_of(event.root)) != home:
            self._lines[other].append(line)

    def add_to(self, pipe: Any, prefix: str, attempts: int) -> None:
        """Add the commands that store them to a pipeline of redis-py."""
        add_to(pipe, prefix, self._lines, attempts)


def event_of_outcome(outcome: Outcome, queue: str) -> Event:
    """What is kept of an attempt that ended, from the queue with this label: no argument and no result."""
    about = vars(outcome.request).get
    root = about("root_id") or ""
    return Event(
        time.time(), outcome.task_id, outcome.state, outcome.task, queue, attempt_of(about("retries")),
        about("hostname") or "", "" if root == outcome.task_id else root, about("parent_id") or "",
        about("sent_at"), about(PUBLISHED_AT), _due(about("eta")), outcome.run_seconds,
        "" if outcome.error is None else _said(outcome.error), trace_id() or "",
    )  # fmt: skip


def attempt_of(retries: Any) -> int:
    """The number of an attempt, from 1, by the header with the number of retries, which may be anything.

    Example: `attempt_of(2) == 3`
    """
    return retries + 1 if type(retries) is int and 0 <= retries < MOST_RETRIES else 1


def _due(eta: Any) -> float | None:
    if eta is None:
        return None
    try:
        return datetime.fromisoformat(eta).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _said(error: BaseException) -> str:
    """An error in one line without secrets, as in the logs."""
    if isinstance(error, Retry):
        error = error.exc if isinstance(error.exc, BaseException) else error
    return str(redacted(reason_of(error)[: 2 * MOST_OF_AN_ERROR]))[:MOST_OF_AN_ERROR]
