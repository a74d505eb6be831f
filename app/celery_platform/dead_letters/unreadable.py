"""A message that names no known task, or whose body cannot be decoded, is dead-lettered too.

Celery 5.7.0 acknowledges a message that it cannot decode, on every broker, and rejects one of an unknown task. RabbitMQ
then keeps it (dead letter exchange), SQS delivers it again until its limit, and Redis loses it. Here all of them are
published to the dead letter queue as they are, before anything is acknowledged.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import bootsteps

from celery_platform.brokers import broker_of
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS, PUBLISH_RETRY
from celery_platform.dead_letters.publishing import reasons
from celery_platform.settings import QueueSettings, runtime
from celery_platform.transports.amqp.publish_budget import budget

logger = logging.getLogger(__name__)


class KeepUnreadable(bootsteps.Step):
    """Runs before Celery's own handling of such messages, whose logs, signals and results stay as they are."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        for name in ("on_unknown_message", "on_unknown_task", "on_invalid_task"):
            setattr(consumer, name, partial(_of_a_body, consumer, getattr(consumer, name)))
        consumer.on_decode_error = partial(_undecodable, consumer, consumer.on_decode_error)


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
    target = broker_of(runtime()).dead_letter_queue(queue)
    headers = dict(message.headers or {})
    noted = headers | reasons(error, queue.name, attempts=int(headers.get("retries") or 0) + 1)
    try:
        with budget(PUBLISH_BUDGET_SECONDS), consumer.app.producer_or_acquire() as producer:
            producer.publish(
                message.body,
                exchange="",
                routing_key=target.name,
                content_type=message.content_type,
                content_encoding=message.content_encoding,
                declare=[target],
                headers=noted,
                retry=True,
                retry_policy=PUBLISH_RETRY,
            )
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
