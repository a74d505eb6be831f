"""Cancel a task: on every broker, kept in the store, from which workers read it with the paused queues.

Celery's own revoke needs remote control, which SQS has not, and is forgotten by workers that stop. Here every worker
knows within a few seconds, and one that starts before it takes a message. A task that has not begun never runs: whoever
takes its message revokes it. One that runs ends where its pool can end it (`worker/cancelled.py`).

`<prefix>:cancelled` is a sorted set of ids by when they were cancelled; it has at most `MOST`, for `KEEP_SECONDS` each.
"""

import time
from typing import Any

from celery_platform.errors import SettingsError
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

KEEP_SECONDS = 7 * 86_400
# Each worker reads them every two seconds.
MOST = 1_000
MOST_OF_AN_ID = 200


def cancelled_key(prefix: str) -> str:
    """The key of the sorted set; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:cancelled"


def cancel(task_id: str) -> bool:
    """Let no worker run the task from now on. Returns false, and changes nothing, where it is cancelled already.

    Raises:
        SettingsError: the id is none, or so many tasks are cancelled that a queue is better purged or paused.
        StoreAwayError: the store does not answer.

    Example: `cancel("4f0c2a9e-0000-4000-8000-000000000001")`
    """
    if not 0 < len(task_id) <= MOST_OF_AN_ID:
        raise SettingsError(
            expected=f"the id of a task, of {MOST_OF_AN_ID} characters at most",
            found=repr(task_id[:MOST_OF_AN_ID]),
            remedy="Copy it from a log line, from `app why` or from the console.",
        )
    key, now = cancelled_key(runtime().environment.prefix), time.time()
    store = valkey()
    store.zremrangebyscore(key, 0, now - KEEP_SECONDS)
    count: Any = store.zcard(key)
    if count >= MOST and store.zscore(key, task_id) is None:
        raise SettingsError(
            expected=f"at most {MOST:,} cancelled tasks at a time",
            found=f"{count:,}",
            remedy="Pause the queue (`app queue pause`) and find out what sends them. Each is kept for a week.",
        )
    return bool(store.zadd(key, {task_id: now}, nx=True))


def let_run(task_id: str) -> bool:
    """Let workers run the task again, as when it is replayed. Returns false where it is not cancelled.

    Raises:
        StoreAwayError: the store does not answer.
    """
    return bool(valkey().zrem(cancelled_key(runtime().environment.prefix), task_id))


def cancelled_at(task_id: str) -> float | None:
    """When the task was cancelled, in seconds since 1970; `None` where it is not.

    Raises:
        StoreAwayError: the store does not answer.
    """
    found: Any = valkey().zscore(cancelled_key(runtime().environment.prefix), task_id)
    return None if found is None else float(found)
