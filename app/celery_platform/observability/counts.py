"""Counts of what became of each task, kept in Valkey, because SQS carries no events.

`<prefix>:counts:<day>` is a hash of `<queue>:<state>` counts, kept a week. A message with a `run_id` header also leaves
a record in the list `<prefix>:run:<run_id>`, kept an hour, from which whoever sent the run learns how it went.
"""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from celery.signals import task_failure, task_retry, task_success
from redis.exceptions import RedisError

from celery_platform.reliability.valkey import valkey
from celery_platform.reliability.waiting import Waiting
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)

KEEP_COUNTS_SECONDS = 7 * 86_400
KEEP_RUN_SECONDS = 3_600


def connect() -> None:
    """Count from now on; called once, when the Celery app is made."""
    task_success.connect(_succeeded, weak=False)
    task_failure.connect(_failed, weak=False)
    task_retry.connect(_retried, weak=False)


def counts_key(day: str) -> str:
    """Where a day's counts are; `day` as in 2026-11-23."""
    return f"{runtime().environment.prefix}:counts:{day}"


def run_key(run_id: str) -> str:
    """Where a run's records are."""
    return f"{runtime().environment.prefix}:run:{run_id}"


def _succeeded(sender: Any = None, **_: Any) -> None:
    _count(sender, "success")


def _failed(sender: Any = None, **_: Any) -> None:
    _count(sender, "failure")


def _retried(sender: Any = None, reason: Any = None, **_: Any) -> None:
    _count(sender, "wait" if isinstance(reason, Waiting) else "retry")


def _count(task: Any, state: str) -> None:
    """A count that cannot be kept must not fail the task that it counts."""
    request = task.request
    if request.is_eager:  # in the caller's own process: no queue carried it
        return
    queue = queue_of_request(runtime().environment, task.name, request).label
    day = counts_key(datetime.now(UTC).date().isoformat())
    run_id = getattr(request, "run_id", None)
    try:
        with valkey().pipeline(transaction=False) as pipe:
            pipe.hincrby(day, f"{queue}:{state}", 1)
            pipe.expire(day, KEEP_COUNTS_SECONDS)
            if run_id:
                pipe.rpush(run_key(run_id), json.dumps(_record(task.name, request, queue, state)))
                pipe.expire(run_key(run_id), KEEP_RUN_SECONDS)
            pipe.execute()
    except RedisError:
        logger.warning("could not count %s of %s[%s]", state, task.name, request.id, exc_info=True)


def _record(name: str, request: Any, queue: str, state: str) -> dict[str, Any]:
    sent_at = getattr(request, "sent_at", None)
    return {
        "id": request.id,
        "task": name,
        "queue": queue,
        "state": state,
        "seconds": round(time.time() - sent_at, 4) if sent_at else None,
    }
