"""A message with a long delay may be published twice: its sender can die after the broker took it and before the store
forgot it (`celery_platform.later`). Each time it is published its attempt has another number, and a worker begins the
copies of one number only. That copy, delivered again or retried, has the same number and runs.
"""

from typing import Any

from celery import Task

from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# Headers of the message.
ENTRY, ATTEMPT = "later_entry", "later_attempt"
# Longer than a second copy may lie in a queue behind the first.
KEEP_SECONDS = 7 * 86_400


def is_second_copy(task: Task[Any, Any]) -> bool:
    """Whether another copy of the message that `task` is about to work on was begun before.

    Raises:
        RedisError: the store does not answer.

    Example: `if is_second_copy(self): raise Ignore`
    """
    entry, attempt = (getattr(task.request, header, None) for header in (ENTRY, ATTEMPT))
    if entry is None:
        return False
    key = f"{runtime().environment.prefix}:later:begun:{entry}"
    if valkey().set(key, str(attempt), nx=True, ex=KEEP_SECONDS):
        return False
    return str(valkey().get(key)) != str(attempt)
