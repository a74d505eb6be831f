"""Counts of the outcomes of attempts, kept in Valkey because SQS carries no events.

`<prefix>:counts:<day>` is a hash with the number of attempts per `<queue>:<state>`, kept for a week. The states are
those of `Outcome`, as in metrics and logs. They are gathered for a moment, so that no task waits for the store
(`gathered.py`). A message with a `run_id` header also adds a record to the list `<prefix>:run:<run_id>`, kept for an
hour, from which the sender of the run can read its outcome; that is stored at once. The first attempts of replayed
messages are counted by their replay, which stops when they fail again (`replays.py`). With the counts goes what
happened to each task (`timeline/`).
"""

import json
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from redis.exceptions import RedisError

from celery_platform.observability import gathered, replays, work
from celery_platform.observability.outcome import Outcome, listen
from celery_platform.observability.runtimes import ATTEMPTS, COMPLETE, MICROSECONDS, measured, runtimes_key
from celery_platform.observability.timeline.event import Event
from celery_platform.observability.timeline.gathering import Events, event_of_outcome
from celery_platform.reliability.signals import delivery_settled, events_dropped
from celery_platform.reliability.valkey import valkey
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400
KEEP_COUNTS_SECONDS = 7 * DAY_SECONDS
KEEP_RUN_SECONDS = 3_600
# Values of `Settlement` that follow from no outcome.
UNSAID = frozenset({"dead_lettered", "given_back", "expired"})


class Gathered(gathered.Gathers):
    """The counts of this process that are not stored yet, by the key and the field of a hash.

    Example: `counts.add(counts_key("2026-11-23"), "email:succeeded")`
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget them, and the lock that another thread of the parent may have held."""
        self._lock = threading.RLock()  # a handler of a time limit counts, too
        self._counts: Counter[tuple[str, str]] = Counter()
        self._work = work.WorkSums()
        self._events = Events()

    def add(self, key: str, field: str, number: int = 1) -> None:
        """Add a number to a field."""
        with self._lock:
            self._counts[key, field] += number
        gathered.send_soon(self)

    def add_attempt(self, outcome: Outcome, queue: str, key: str) -> None:
        """Count an attempt from a queue (a label) in the hash `key`, sum its time, and keep what happened, all at once.

        A revoked task never ran.
        """
        environment = runtime().environment
        with self._lock:
            if environment.timeline.attempts:
                self._events.add(event_of_outcome(outcome, queue))
            if outcome.state != "revoked":
                self._counts[key, f"{queue}:{outcome.state}"] += 1
                if outcome.run_seconds is not None:
                    self._work.add(queue, outcome.task, outcome.run_seconds, outcome.state)
        gathered.send_soon(self)

    def add_event(self, event: Event) -> None:
        """Keep what happened to a task."""
        with self._lock:
            self._events.add(event)
        gathered.send_soon(self)

    def send(self) -> None:
        """Store them. An error in Valkey must not fail a task, so it is only logged."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
            summed, self._work = self._work, work.WorkSums()
            events, self._events = self._events, Events()
        if not taken and not summed.sums and not events.count:
            return
        try:
            with valkey().pipeline(transaction=False) as pipe:
                for (key, field), number in taken.items():
                    pipe.hincrby(key, field, number)
                for key in {key for key, _ in taken}:
                    pipe.expire(key, KEEP_COUNTS_SECONDS)
                if summed.sums:
                    summed.add_to(pipe, runtime().environment.prefix)
                if events.count:
                    events.add_to(pipe, runtime().environment.prefix, runtime().environment.timeline.attempts)
                pipe.execute()
        except RedisError:
            logger.warning("could not store %s counts of attempts", len(taken) + len(summed.sums), exc_info=True)
            events.dropped += events.count
        if events.dropped:
            events_dropped.send(sender=None, number=events.dropped)


_gathered = Gathered()


def connect() -> None:
    """Start counting the outcomes of attempts in this process, and keeping what happens to tasks."""
    listen(outcome=_count)
    if runtime().environment.timeline.attempts:
        delivery_settled.connect(_settled, weak=False)
    gathered.register(_gathered)


def add(key: str, field: str, number: int = 1) -> None:
    """Add to a field of the hash `key`, which is stored within a moment and kept for a week after the last addition.

    Example: `add("celery-prod:soft_stops", "io")`
    """
    _gathered.add(key, field, number)


def counts_key(day: str) -> str:
    """The key of a day's counts; `day` has the form 2026-11-23."""
    return f"{runtime().environment.prefix}:counts:{day}"


@lru_cache(maxsize=1)
def _key_of_day(prefix: str, day: int) -> str:
    """The key of a day's counts by the day's number since 1970."""
    return f"{prefix}:counts:{datetime.fromtimestamp(day * DAY_SECONDS, UTC).date()}"


def run_key(run_id: str) -> str:
    """The key of a run's records."""
    return f"{runtime().environment.prefix}:run:{run_id}"


def _count(outcome: Outcome) -> None:
    """Count one attempt."""
    request = outcome.request
    if getattr(request, "is_eager", False):  # it runs in the caller's process and used no queue
        return
    environment = runtime().environment
    queue = queue_of_request(environment, outcome.task, request).label
    _gathered.add_attempt(outcome, queue, _key_of_day(environment.prefix, int(time.time() // DAY_SECONDS)))
    if outcome.state == "revoked":
        return
    if outcome.run_seconds is not None and outcome.state in COMPLETE and queue in measured(environment):
        runtimes = runtimes_key(environment.prefix)
        add(runtimes, f"{queue}:{ATTEMPTS}")
        add(runtimes, f"{queue}:{MICROSECONDS}", round(outcome.run_seconds * 1e6))
    if (field := replays.counted_as(outcome)) and (replay_id := getattr(request, replays.REPLAY_ID, None)):
        add(replays.replay_key(runtime().environment.prefix, replay_id), field)
    run_id = getattr(request, "run_id", None)
    if run_id:
        _note(run_key(run_id), _record(outcome, queue))


def _settled(task: str = "", task_id: str = "", settlement: str = "", **_: Any) -> None:
    """Keep how a delivery was settled, where the outcome of its attempt does not say it."""
    if settlement in UNSAID:
        _gathered.add_event(Event(time.time(), task_id, settlement, task))


def _note(key: str, record: dict[str, Any]) -> None:
    try:
        with valkey().pipeline(transaction=False) as pipe:
            pipe.rpush(key, json.dumps(record))
            pipe.expire(key, KEEP_RUN_SECONDS)
            pipe.execute()
    except RedisError:
        logger.warning("could not note %s of %s[%s]", record["state"], record["task"], record["id"], exc_info=True)


def _record(outcome: Outcome, queue: str) -> dict[str, Any]:
    sent_at = getattr(outcome.request, "sent_at", None)
    return {
        "id": outcome.task_id,
        "task": outcome.task,
        "queue": queue,
        "state": outcome.state,
        "seconds": round(time.time() - sent_at, 4) if sent_at else None,
    }
