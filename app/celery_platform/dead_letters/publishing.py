"""A message whose task failed for good goes to the dead letter queue with the reason, on every broker alike.

Celery acknowledges a failed task, and a broker's own dead lettering only sees rejected or expired messages; on SQS it
would also run the task `maxReceiveCount` times first. So the app publishes the message itself, in the form in which it
came, with headers that say what happened: publishing it to its queue again is all that a replay needs.
The message is published before the failure is acknowledged. If a worker dies in between, the message is delivered
again. A dead-lettered message may then be there twice, with the same task id, but it is never lost.
Where the message has no room for what happened (its sender does not attach, so that nothing was left free), it keeps
what has room, and its header `x-dead-letter-cut` says so.
"""

import logging
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from celery import Task
from celery.exceptions import Reject

from celery_platform.brokers import broker_of
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS, PUBLISH_RETRY
from celery_platform.dead_letters.reasons import cut, reasons, without_traceback
from celery_platform.errors import RefusedMessageError
from celery_platform.refusals.size import AS_IT_CAME, MADE_ANEW
from celery_platform.reliability.compression import compression_of
from celery_platform.reliability.errors import NEVER_PUBLISHED
from celery_platform.reliability.message_group import group_of
from celery_platform.reliability.returned_header import RETURNED
from celery_platform.reliability.signals import dead_letter_published
from celery_platform.routes import queue_of_request
from celery_platform.settings import QueueSettings, runtime
from celery_platform.transports.amqp.publish_budget import budget

logger = logging.getLogger(__name__)

# Of a message's properties, those that its replay needs.
PROPERTIES = ("correlation_id", "reply_to", "priority")
# Of a message's headers, those that no worker needs.
ONLY_SHOWN = frozenset({"argsrepr", "kwargsrepr", "origin", "lang"})


class AsItCameError(Exception):
    """A dead-lettered message can be published only as it came, which the worker's main process has.

    `reasons` are the headers that say why it failed. The process that ran the task has made its message anew, and that
    is too large or cannot be serialized.
    """

    def __init__(self, reasons: dict[str, Any]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def publish(
    task: Task[Any, Any], error: Exception, request: Any = None, more: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Publish the message that `task` is working on, or that of another `request`, to its dead letter queue.

    `more` are headers for its replay, where the message has room for them.

    Raises:
        Reject: the broker did not take the message, which is requeued and not acknowledged.
        AsItCameError: it would never take it.
    """
    request = request or task.request
    queue = queue_of_request(runtime().environment, str(task.name), request)
    message = _message(task, request)
    attempts = (request.retries or 0) + 1
    why = reasons(error, queue.name, attempts=attempts) | dict(more)
    headers = message.headers | dict(request.headers or {})
    options = message.properties | group_of(request) | compression_of(request)
    try:
        _send(task.app, queue, message.body, headers, why, serializer="json", **options)
    except NEVER_PUBLISHED as never:
        raise AsItCameError(why) from never
    except Exception as refused:
        logger.exception("dead letter of %s[%s] was refused; the message goes back", task.name, request.id)
        raise Reject(refused, requeue=True) from error
    dead_letter_published.send(sender=None, queue=queue.name, task=str(task.name), error=error)


def publish_as_it_came(app: Any, message: Any, error: Exception, queue: QueueSettings, task: str = "") -> None:
    """Publish a message that a worker's main process has, with its body and headers unchanged.

    Args:
        app: the Celery instance whose connection is used.
        message: kombu's message, in whatever state its body is.
        error: why it is dead-lettered; an `AsItCameError` has the reasons of an earlier attempt to publish it.
        queue: where it came from.
        task: its task's name for the metrics, where it is known.

    Raises:
        Exception: the broker did not take it; nothing is acknowledged.
    """
    headers = dict(message.headers or {})
    # kombu has decompressed the body, and compresses it again. One that it could not read is still as it was.
    compression = None if message.errors else headers.pop("compression", None)
    retries = headers.get("retries")
    attempts = retries + 1 if isinstance(retries, int) else 1
    why = error.reasons if isinstance(error, AsItCameError) else reasons(error, queue.name, attempts=attempts)
    properties = {name: message.properties[name] for name in PROPERTIES if message.properties.get(name) is not None}
    packed = {"content_type": message.content_type, "content_encoding": message.content_encoding}
    options = packed | properties | group_of(message) | {"compression": compression}
    _send(app, queue, message.body, headers, why, what_is_cut=AS_IT_CAME, **options)
    if task:
        dead_letter_published.send(sender=None, queue=queue.name, task=task, error=error)


def _send(
    app: Any, queue: QueueSettings, body: Any, headers: dict[str, Any], why: dict[str, Any],
    what_is_cut: str = MADE_ANEW, **options: Any,
) -> None:  # fmt: skip
    """Publish with as much of the reasons as the message has room for."""
    target = broker_of(runtime()).dead_letter_queue(queue)
    with budget(PUBLISH_BUDGET_SECONDS), app.producer_or_acquire() as producer:
        for noted, last in _shorter_and_shorter(headers, why, what_is_cut):
            try:
                producer.publish(
                    body, exchange="", routing_key=target.name, declare=[target], headers=noted, retry=True,
                    retry_policy=PUBLISH_RETRY, **options,
                )  # fmt: skip
            except RefusedMessageError:
                if last:
                    raise
            else:
                return


def _shorter_and_shorter(
    headers: dict[str, Any], why: dict[str, Any], what_is_cut: str
) -> Iterator[tuple[dict[str, Any], bool]]:
    """The headers of a dead-lettered message and whether they are the last: first all, then without what only shows."""
    yield headers | why, False
    needed = {name: value for name, value in headers.items() if name not in ONLY_SHOWN}
    if RETURNED in why:
        yield needed | without_traceback(why), False
    yield needed | cut(why, what_is_cut), True


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
        argsrepr=getattr(request, "argsrepr", None),
        kwargsrepr=getattr(request, "kwargsrepr", None),
        **_limits(request),
        **{name: value for name, value in (request.stamps or {}).items() if name in (request.stamped_headers or ())},
    )


def _limits(request: Any) -> dict[str, Any]:
    """The call's own time limits, in the order in which Celery keeps them."""
    hard, soft = request.timelimit or (None, None)
    return {"time_limit": hard, "soft_time_limit": soft}
