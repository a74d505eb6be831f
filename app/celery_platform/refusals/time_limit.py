"""Refuses a time limit of a call that is longer than its queue's.

The broker waits for the queue's time budget, not for the call's: a task that runs beyond it is delivered to a second
worker while the first still runs it (visibility timeout), or its worker is disconnected (consumer timeout).
"""

from collections.abc import Mapping
from typing import Any

from celery_platform.errors import RefusedMessageError
from celery_platform.settings import QueueSettings


def refuse_a_longer_time_limit(task: str, queue: QueueSettings, options: Mapping[str, Any]) -> None:
    """Compare `time_limit` and `soft_time_limit` of a call with the queue's.

    Raises:
        RefusedMessageError: a limit is longer than the queue's.
    """
    for option, longest in (("soft_time_limit", queue.soft_time_limit), ("time_limit", queue.hard_time_limit)):
        asked = options.get(option)
        if asked is not None and longest is not None and asked > longest:
            raise RefusedMessageError(
                expected=f"{option} of {task} of at most {longest} s, as derived for queue {queue.label}",
                found=f"{asked} s",
                remedy="Raise the queue's limit in the environment file, or put the task on a queue of its own.",
            )
