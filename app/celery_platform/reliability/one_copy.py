"""A message with a long delay that was published twice is begun only once.

Its sender (`celery_platform.later`) can die after the broker took the message and before the store removed it. Each
published copy has another attempt number, and workers begin only the copies of one number. When that copy is delivered
again or retried, it has the same number and runs.
"""

from typing import Any

from celery import Task

from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# Names of headers of the message.
ENTRY, ATTEMPT = "later_entry", "later_attempt"
# Longer than a second copy may wait in a queue behind the first.
KEEP_SECONDS = 7 * 86_400


def is_second_copy(task: Task[Any, Any]) -> bool:
    """Return whether another copy of the message that `task` is about to run was begun before.

    Raises:
        RedisError: the store does not answer.

    Example: `if is_second_copy(self): raise Ignore`
    """
    entry, attempt = (task.request.get(header) for header in (ENTRY, ATTEMPT))
    if entry is None:
        return False
    key = f"{runtime().environment.prefix}:later:begun:{entry}"
    if valkey().set(key, str(attempt), nx=True, ex=KEEP_SECONDS):
        return False
    return str(valkey().get(key)) != str(attempt)
