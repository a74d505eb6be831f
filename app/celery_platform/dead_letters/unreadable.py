"""A message that names no known task, or that cannot be made sense of, is dead-lettered too.

Celery 5.7.0 acknowledges a message that it cannot decode, on every broker, and rejects one of an unknown task. RabbitMQ
then keeps it (dead letter exchange), SQS delivers it again until its limit, and Redis loses it. Here all of them are
published to the dead letter queue as they are, before anything is acknowledged.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import bootsteps
from celery.exceptions import InvalidTaskError

from celery_platform.dead_letters.headers import wrong_header
from celery_platform.dead_letters.publishing import publish_as_it_came
from celery_platform.guards.message_errors import handle_each_alone
from celery_platform.settings import QueueSettings, runtime

logger = logging.getLogger(__name__)


class KeepUnreadable(bootsteps.Step):
    """Runs before Celery's own handling of such messages, whose logs, signals and results stay as they are."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        for name in ("on_unknown_message", "on_unknown_task", "on_invalid_task"):
            setattr(consumer, name, partial(_of_a_body, consumer, getattr(consumer, name)))
        consumer.on_decode_error = partial(_undecodable, consumer, consumer.on_decode_error)
        consumer.create_task_handler = partial(_create_task_handler, consumer, consumer.create_task_handler)


def _create_task_handler(consumer: Any, create: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    """Celery's handler of each message, which sees none whose headers have types that it does not expect."""
    handle = handle_each_alone(consumer, create(*args, **kwargs))

    def on_task_received(message: Any) -> Any:
        headers = message.headers
        problem = wrong_header(headers) if headers and "task" in headers else ""
        if problem:
            return consumer.on_invalid_task(None, message, InvalidTaskError(problem))
        return handle(message)

    return on_task_received


def _of_a_body(consumer: Any, then: Callable[..., Any], body: Any, message: Any, *error: Any) -> Any:
    """Handle a decoded body: Celery passes the body, the message and, in most cases, the error."""
    if _kept(consumer, message, error[0] if error else ValueError("not a task message")):
        return then(body, _Acknowledged(message), *error)
    return None


def _undecodable(consumer: Any, then: Callable[..., Any], message: Any, error: Exception) -> Any:
    if _kept(consumer, message, error):
        return then(_Acknowledged(message), error)
    return None


def _kept(consumer: Any, message: Any, error: Exception) -> bool:
    """Publish the message as it is and acknowledge it; requeue it when the broker does not take it."""
    queue = _queue_of(consumer, message)
    try:
        publish_as_it_came(consumer.app, message, error, queue)
    except Exception:
        logger.exception("a message that is no task could not be kept; it goes back to %s", queue.name)
        message.reject_log_error(logger, consumer.connection_errors, requeue=True)
        return False
    message.ack_log_error(logger, consumer.connection_errors)
    return True


def _queue_of(consumer: Any, message: Any) -> QueueSettings:
    """Find the queue that the message came from: by consumer tag on RabbitMQ, by routing key elsewhere."""
    info = message.delivery_info or {}
    tags = {tag: name for name, tag in consumer.task_consumer._active_tags.items()}
    name = tags.get(info.get("consumer_tag"), info.get("routing_key"))
    queues = runtime().environment.queues.values()
    own = [queue for queue in queues if queue.name in consumer.app.amqp.queues]
    return next((queue for queue in own if name in (queue.name, queue.label)), own[0])


class _Acknowledged:
    """A message that has been acknowledged already, for code that would acknowledge or reject it."""

    def __init__(self, message: Any) -> None:
        self._message = message

    def __getattr__(self, name: str) -> Any:
        return getattr(self._message, name)

    def ack(self, *_: Any, **__: Any) -> None:
        """Do nothing: the message has been acknowledged."""

    reject_log_error = ack_log_error = ack
