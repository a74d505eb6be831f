"""Sends a task that must wait its turn back to its queue, without spending one of its retries."""

from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from celery import Task
from celery.exceptions import Reject, Retry

from celery_platform.reliability.compression import compression_of
from celery_platform.reliability.errors import NEVER_PUBLISHED
from celery_platform.reliability.message_group import group_of
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

# The header of such a message: it is larger than when it was published first.
AGAIN = "published_again"


class Waiting(Retry):
    """The task was published again, to run later. This is no error, and does not count as a retry."""


def wait(task: Task[Any, Any], seconds: float, **headers: Any) -> NoReturn:
    """Publish the current message again with a delay, its count of retries unchanged, and end this run.

    `seconds` are at most the queue's longest countdown; more is cut to that. `headers` are added to the message's.

    Raises:
        Waiting: always, once the message is published.
        Reject: the broker did not take the message; the delivery is requeued.
        RefusedMessageError, and others: it would never take it, so the task fails.
    """
    queue = queue_of_request(runtime().environment, str(task.name), task.request)
    # Without x-death: RabbitMQ 3 drops a message on its second way through a queue of the delayed delivery, as a cycle.
    kept = task.request.as_execution_options()["headers"]
    delay = min(seconds, queue.max_countdown)
    again = task.signature_from_request(
        countdown=delay,
        retries=task.request.retries,
        queue=queue.name,
        headers=kept | headers | {AGAIN: True},
        **compression_of(task.request),
        **group_of(task.request),
    )
    try:
        again.apply_async()
    except NEVER_PUBLISHED:
        raise
    except Exception as refused:
        raise Reject(refused, requeue=True) from refused
    raise Waiting(when=datetime.now(UTC) + timedelta(seconds=delay))
