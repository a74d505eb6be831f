"""Priorities: RabbitMQ orders a queue's messages itself; on SQS and Redis a second queue is drained first.

The environment writes that second queue out as one of its queues (`celery_platform/environment/derived/queues.py`), so
it has a dead letter queue, alarms and an autoscaler's trigger like any other. Nothing waiting is begun before what is
urgent; what a worker already holds stays where it is. How workers drain it first: `redis/priorities.py` and
`sqs/priorities.py`.
"""

from typing import Any

from celery_platform.refusals.priority import HIGH
from celery_platform.settings import QueueSettings, Resolved


def prioritised(environment: Resolved, queue: QueueSettings, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a call to `queue`, with its name and the priority that the broker keeps: high or none.

    Example: `prioritised(environment, environment.queues["email"], {"priority": 9})["priority"] == 5`
    """
    options = options | {"queue": queue.name}
    if (options.get("priority") or 0) < HIGH:
        return {name: value for name, value in options.items() if name != "priority"}
    # The priority stays in the message on every broker, because a retry is sent with the priority of its message.
    options = options | {"priority": HIGH}
    high = queue.high_priority_queue
    return options | {"queue": environment.queues[high].name} if high else options


def overtaken(environment: Resolved) -> dict[str, str]:
    """Names of queues, each with the name of the queue to drain before it."""
    return {
        queue.name: environment.queues[queue.high_priority_queue].name
        for queue in environment.queues.values()
        if queue.high_priority_queue
    }
