"""Counts of the outcomes of attempts, kept in Valkey because SQS carries no events.

`<prefix>:counts:<day>` is a hash with the number of attempts per `<queue>:<state>`, kept for a week. The states are
those of `Outcome`, as in metrics and logs. A message with a `run_id` header also adds a record to the list
`<prefix>:run:<run_id>`, kept for an hour, from which the sender of the run can read its outcome.
"""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError

from celery_platform.observability.outcome import Outcome, listen
from celery_platform.reliability.valkey import valkey
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)

KEEP_COUNTS_SECONDS = 7 * 86_400
KEEP_RUN_SECONDS = 3_600


def connect() -> None:
    """Start counting the outcomes of attempts in this process."""
    listen(outcome=_count)


def counts_key(day: str) -> str:
    """The key of a day's counts; `day` has the form 2026-11-23."""
    return f"{runtime().environment.prefix}:counts:{day}"


def run_key(run_id: str) -> str:
    """The key of a run's records."""
    return f"{runtime().environment.prefix}:run:{run_id}"


def _count(outcome: Outcome) -> None:
    """Count one attempt. An error in Valkey must not fail the task, so it is only logged."""
    request = outcome.request
    # An eager task runs in the caller's process and used no queue. A revoked task never ran.
    if getattr(request, "is_eager", False) or outcome.state == "revoked":
        return
    queue = queue_of_request(runtime().environment, outcome.task, request).label
    day = counts_key(datetime.now(UTC).date().isoformat())
    run_id = getattr(request, "run_id", None)
    try:
        with valkey().pipeline(transaction=False) as pipe:
            pipe.hincrby(day, f"{queue}:{outcome.state}", 1)
            pipe.expire(day, KEEP_COUNTS_SECONDS)
            if run_id:
                pipe.rpush(run_key(run_id), json.dumps(_record(outcome, queue)))
                pipe.expire(run_key(run_id), KEEP_RUN_SECONDS)
            pipe.execute()
    except RedisError:
        logger.warning("could not count %s of %s[%s]", outcome.state, outcome.task, outcome.task_id, exc_info=True)


def _record(outcome: Outcome, queue: str) -> dict[str, Any]:
    sent_at = getattr(outcome.request, "sent_at", None)
    return {
        "id": outcome.task_id,
        "task": outcome.task,
        "queue": queue,
        "state": outcome.state,
        "seconds": round(time.time() - sent_at, 4) if sent_at else None,
    }
