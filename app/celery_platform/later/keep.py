"""Keep a message whose delay is longer than its queue may hold."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from celery_platform.errors import PublishError, RefusedMessageError
from celery_platform.later.message import Kept
from celery_platform.later.store import later_store
from celery_platform.publishing.capture import Caught, Message, StoppingProducer
from celery_platform.refusals.size import ADDRESS_BYTES, in_base64, is_packed, refuse_a_larger_message
from celery_platform.refusals.typed_values import refuse_values_that_no_worker_reads

# Options about the connection for publishing, which do not apply because the message is published later.
_PUBLISHERS = ("producer", "publisher", "connection", "retry")


def keep_until_due(
    app: Any,
    send_task: Callable[..., Any],
    name: str,
    args: Any,
    kwargs: Any,
    delay: int,
    options: Mapping[str, Any],
) -> Any:
    """Keep the message that Celery's `send_task` builds for this call, due after `delay` seconds.

    `options` name the queue. The result is the task's AsyncResult.

    Raises:
        PublishError: the store did not confirm the message. It may or may not be kept.
        RefusedMessageError: the message is too large for the broker.
    """
    message = _made(app, send_task, name, args, kwargs, options)
    message.headers["eta"] = (app.now() + timedelta(seconds=delay)).isoformat()
    _refuse(app, message)
    kept = Kept(f"{message.task_id}:{os.urandom(4).hex()}", _label(app, options["queue"]), message)
    try:
        later_store().keep(kept, delay)
    except RedisError as error:
        raise PublishError(
            expected=f"the result store to keep {name}, which is due in {delay} s",
            found=f"{type(error).__name__}: {error}",
            remedy="Send it again when the store is available. If the store is full, choose a larger node type.",
        ) from error
    except TypeError as error:
        raise RefusedMessageError(
            expected=f"headers of {name} that JSON can carry", found=str(error), remedy="Send text and numbers."
        ) from None
    return _result(app, message, options)


def _made(
    app: Any, send_task: Callable[..., Any], name: str, args: Any, kwargs: Any, options: Mapping[str, Any]
) -> Message:
    producer = StoppingProducer(app.connection_for_write(), auto_declare=False)
    producer.caught, producer.needed = [], []
    own = {key: value for key, value in options.items() if key not in _PUBLISHERS}
    try:
        send_task(name, args, kwargs, producer=producer, retry=False, **own)
    except Caught:
        return producer.caught.pop()
    raise AssertionError("Celery published nothing")


def _result(app: Any, message: Message, options: Mapping[str, Any]) -> Any:
    """The result that Celery's `send_task` would have returned."""
    result = (options.get("result_cls") or app.AsyncResult)(message.task_id)
    result.ignored = message.headers.get("ignore_result")
    parent = app.current_worker_task
    if parent and options.get("add_to_parent", True):
        parent.add_trail(result)
    return result


def _label(app: Any, queue: str) -> str:
    return str(app.amqp.queues[queue].alias)


def _refuse(app: Any, message: Message) -> None:
    """Refuse a message that no worker could read, or that is too large.

    It is measured as it is sent: the body, or the text that kombu packs.
    """
    task, kind = message.headers["task"], message.properties.get("content_type")
    refuse_values_that_no_worker_reads(task, message.body, kind, message.headers)
    size = len(message.body)
    if is_packed(app.connection_for_write().transport):
        size = len(Kept("", "", Message(message.task_id, "", "", message.properties, message.headers, b"")).as_text())
        size += ADDRESS_BYTES + in_base64(len(message.body))
    refuse_a_larger_message(app.conf.broker_transport_options, size, message.headers)
