"""Counts of the outcomes of attempts, kept in Valkey because SQS carries no events.

`<prefix>:counts:<day>` is a hash with the number of attempts per `<queue>:<state>`, kept for a week. The states are
those of `Outcome`, as in metrics and logs. They are gathered for a moment, so that no task waits for the store
(`gathered.py`). A message with a `run_id` header also adds a record to the list `<prefix>:run:<run_id>`, kept for an
hour, from which the sender of the run can read its outcome; that is stored at once. The first attempts of replayed
messages are counted by their replay, which stops when they fail again (`replays.py`).
"""

import json
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError

from celery_platform.observability import gathered, replays, work
from celery_platform.observability.outcome import Outcome, listen
from celery_platform.observability.runtimes import ATTEMPTS, COMPLETE, MICROSECONDS, measured, runtimes_key
from celery_platform.reliability.valkey import valkey
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)

KEEP_COUNTS_SECONDS = 7 * 86_400
KEEP_RUN_SECONDS = 3_600


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

    def add(self, key: str, field: str, number: int = 1) -> None:
        """Add a number to a field."""
        with self._lock:
            self._counts[key, field] += number
        gathered.send_soon(self)

    def add_work(self, queue: str, task: str, seconds: float, state: str) -> None:
        """Sum an attempt that ran for so long and ended in this state, however it ended."""
        with self._lock:
            self._work.add(queue, task, seconds, state)
        gathered.send_soon(self)

    def send(self) -> None:
        """Store them. An error in Valkey must not fail a task, so it is only logged."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
            summed, self._work = self._work, work.WorkSums()
        if not taken and not summed.sums:
            return
        try:
            with valkey().pipeline(transaction=False) as pipe:
                for (key, field), number in taken.items():
                    pipe.hincrby(key, field, number)
                for key in {key for key, _ in taken}:
                    pipe.expire(key, KEEP_COUNTS_SECONDS)
                if summed.sums:
                    summed.add_to(pipe, runtime().environment.prefix)
                pipe.execute()
        except RedisError:
            logger.warning("could not store %s counts of attempts", len(taken) + len(summed.sums), exc_info=True)


_gathered = Gathered()


def connect() -> None:
    """Start counting the outcomes of attempts in this process."""
    listen(outcome=_count)
    gathered.register(_gathered)


def add(key: str, field: str, number: int = 1) -> None:
    """Add to a field of the hash `key`, which is stored within a moment and kept for a week after the last addition.

    Example: `add("celery-prod:soft_stops", "io")`
    """
    _gathered.add(key, field, number)


def counts_key(day: str) -> str:
    """The key of a day's counts; `day` has the form 2026-11-23."""
    return f"{runtime().environment.prefix}:counts:{day}"


def run_key(run_id: str) -> str:
    """The key of a run's records."""
    return f"{runtime().environment.prefix}:run:{run_id}"


def _count(outcome: Outcome) -> None:
    """Count one attempt."""
    request = outcome.request
    # An eager task runs in the caller's process and used no queue. A revoked task never ran.
    if getattr(request, "is_eager", False) or outcome.state == "revoked":
        return
    queue = queue_of_request(runtime().environment, outcome.task, request).label
    add(counts_key(datetime.now(UTC).date().isoformat()), f"{queue}:{outcome.state}")
    if outcome.run_seconds is not None and outcome.state in COMPLETE and queue in measured(runtime().environment):
        runtimes = runtimes_key(runtime().environment.prefix)
        add(runtimes, f"{queue}:{ATTEMPTS}")
        add(runtimes, f"{queue}:{MICROSECONDS}", round(outcome.run_seconds * 1e6))
    if outcome.run_seconds is not None:
        _gathered.add_work(queue, outcome.task, outcome.run_seconds, outcome.state)
    if (field := replays.counted_as(outcome)) and (replay_id := getattr(request, replays.REPLAY_ID, None)):
        add(replays.replay_key(runtime().environment.prefix, replay_id), field)
    run_id = getattr(request, "run_id", None)
    if run_id:
        _note(run_key(run_id), _record(outcome, queue))


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
