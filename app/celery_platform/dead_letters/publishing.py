"""A message whose task failed for good goes to the dead letter queue with the reason, on every broker alike.

Celery acknowledges a failed task, and a broker's own dead lettering only sees rejected or expired messages; on SQS it
would also run the task `maxReceiveCount` times first. So the app publishes the message itself, in the form in which it
came, with headers that say what happened: publishing it to its queue again is all that a replay needs.
The message is published before the failure is acknowledged. If a worker dies in between, the message is delivered
again. A dead-lettered message may then be there twice, with the same task id, but it is never lost.
"""

import logging
import time
import traceback
from typing import Any

from celery import Task
from celery.exceptions import Reject

from celery_platform.brokers import broker_of
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS, PUBLISH_RETRY
from celery_platform.reliability.ends import printable, reason_of
from celery_platform.reliability.message_group import group_of
from celery_platform.reliability.signals import dead_letter_published
from celery_platform.routes import queue_of_request
from celery_platform.settings import QueueSettings, runtime
from celery_platform.transports.amqp.publish_budget import budget

logger = logging.getLogger(__name__)

# Of a message's properties, those that its replay needs.
PROPERTIES = ("correlation_id", "reply_to", "priority")

# SQS and many brokers refuse large messages; the end of a traceback is what explains it.
MAX_TRACEBACK_CHARACTERS = 8_000


def publish(task: Task[Any, Any], error: Exception, request: Any = None) -> None:
    """Publish the message that `task` is working on, or that of another `request`, to its dead letter queue.

    Raises:
        Reject: the broker did not take the message, which is requeued and not acknowledged.
    """
    request = request or task.request
    queue = queue_of_request(runtime().environment, str(task.name), request)
    message = _message(task, request)
    attempts = (request.retries or 0) + 1
    headers = message.headers | dict(request.headers or {}) | reasons(error, queue.name, attempts=attempts)
    try:
        _send(task.app, queue, message.body, headers, serializer="json", **message.properties | group_of(request))
    except Exception as refused:
        logger.exception("dead letter of %s[%s] was refused; the message goes back", task.name, request.id)
        raise Reject(refused, requeue=True) from error
    dead_letter_published.send(sender=None, queue=queue.name, task=str(task.name), error=error)


def publish_as_it_came(app: Any, message: Any, error: Exception, queue: QueueSettings, task: str = "") -> None:
    """Publish a message that a worker's main process has, with its body and headers unchanged.

    Args:
        app: the Celery instance whose connection is used.
        message: kombu's message, in whatever state its body is.
        error: why it is dead-lettered.
        queue: where it came from.
        task: its task's name for the metrics, where it is known.

    Raises:
        Exception: the broker did not take it; nothing is acknowledged.
    """
    # kombu has decompressed the body.
    headers = {name: value for name, value in (message.headers or {}).items() if name != "compression"}
    retries = headers.get("retries")
    noted = headers | reasons(error, queue.name, attempts=retries + 1 if isinstance(retries, int) else 1)
    properties = {name: message.properties[name] for name in PROPERTIES if message.properties.get(name) is not None}
    packed = {"content_type": message.content_type, "content_encoding": message.content_encoding}
    _send(app, queue, message.body, noted, **packed | properties | group_of(message))
    if task:
        dead_letter_published.send(sender=None, queue=queue.name, task=task, error=error)


def _send(app: Any, queue: QueueSettings, body: Any, headers: dict[str, Any], **options: Any) -> None:
    target = broker_of(runtime()).dead_letter_queue(queue)
    with budget(PUBLISH_BUDGET_SECONDS), app.producer_or_acquire() as producer:
        producer.publish(
            body, exchange="", routing_key=target.name, declare=[target], headers=headers, retry=True,
            retry_policy=PUBLISH_RETRY, **options,
        )  # fmt: skip


def _message(task: Task[Any, Any], request: Any) -> Any:
    """Return the message as Celery would publish it again: same id, arguments, callbacks and place in a group."""
    return task.app.amqp.create_task_message(
        request.id,
        task.name,
        request.args,
        request.kwargs,
        group_id=request.group,
        group_index=request.group_index,
        retries=request.retries,
        chord=request.chord,
        callbacks=request.callbacks,
        errbacks=request.errbacks,
        root_id=request.root_id,
        parent_id=request.parent_id,
        chain=request.chain,
        ignore_result=request.ignore_result,
        reply_to=request.reply_to,
        shadow=request.shadow,
        replaced_task_nesting=request.replaced_task_nesting,
        stamped_headers=request.stamped_headers,
        **_limits(request),
        **{name: value for name, value in (request.stamps or {}).items() if name in (request.stamped_headers or ())},
    )


def _limits(request: Any) -> dict[str, Any]:
    """The call's own time limits, in the order in which Celery keeps them."""
    hard, soft = request.timelimit or (None, None)
    return {"time_limit": hard, "soft_time_limit": soft}


def reasons(error: Exception, queue: str, *, attempts: int) -> dict[str, Any]:
    """Return the headers that say why a message of `queue`, a queue's name on the broker, failed."""
    trace = printable("".join(traceback.format_exception(error)))[-MAX_TRACEBACK_CHARACTERS:]
    return {
        "x-dead-letter-reason": reason_of(error)[:1000],
        "x-dead-letter-traceback": trace,
        "x-dead-letter-attempts": attempts,
        "x-dead-letter-queue": queue,
        "x-dead-letter-at": time.time(),
    }
