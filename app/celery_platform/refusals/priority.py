"""Refuses a priority that the queue would not keep.

RabbitMQ's quorum queues distinguish two, 0 to 4 and 5 to 9 (guide "Quorum queues", priorities), so that is the
guarantee on every broker. A queue without priorities would accept the number and ignore it.
"""

from collections.abc import Mapping
from typing import Any

from celery_platform.errors import RefusedMessageError
from celery_platform.settings import QueueSettings

# The lowest priority that counts as high.
HIGH = 5
HIGHEST = 9


def refuse_a_priority_that_nothing_keeps(task: str, queue: QueueSettings, options: Mapping[str, Any]) -> None:
    """Compare a call's `priority` with what its queue keeps.

    Raises:
        RefusedMessageError: the priority is not in 0 to 9, or it is high on a queue without priorities.
    """
    priority = options.get("priority")
    if priority is None or 0 <= priority < HIGH or (priority <= HIGHEST and queue.priorities > 1):
        return
    highest = HIGHEST if queue.priorities > 1 else HIGH - 1
    raise RefusedMessageError(
        expected=f"a priority of {task} from 0 to {highest} (queues.{queue.label}.priorities: {queue.priorities})",
        found=str(priority),
        remedy=f"Say queues.{queue.label}.priorities: 2 in the environment file, or leave the priority out.",
    )
