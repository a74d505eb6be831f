"""What Celery says of a message that it has sent, said of each message that the broker has confirmed, and of no other.

Celery sends the signal `after_task_publish` (and its predecessor `task_sent`) for each message, and the event
`task-sent` where the application asks for it. Here they come when all messages were sent, in the order of the calls.
"""

import logging
from collections.abc import Iterable
from typing import Any

from celery import Task, signals
from kombu import Connection

from celery_platform.brokers.interface import PUBLISH_RETRY
from celery_platform.publishing.capture import Call, Message

logger = logging.getLogger(__name__)
# Of the event, by the header with the same value (`celery.app.amqp.AMQP.as_task_v2`).
FIELDS = {
    "uuid": "id", "root_id": "root_id", "parent_id": "parent_id", "name": "task", "args": "argsrepr",
    "kwargs": "kwargsrepr", "retries": "retries", "eta": "eta", "expires": "expires",
}  # fmt: skip


def has_listeners(task: Task[Any, Any]) -> bool:
    """Whether a signal has a receiver, or the application asks for events."""
    listeners = signals.after_task_publish.receivers or signals.task_sent.receivers
    return bool(listeners or task.app.conf.task_send_sent_event)


def send_signals(task: Task[Any, Any], sent: Iterable[tuple[Call, Message, Any]]) -> None:
    """Send Celery's signals for each message, which comes with its call and the last part of its body."""
    for (args, kwargs), message, embed in sent:
        headers, (args, kwargs) = message.headers, (tuple(args), dict(kwargs))
        signals.after_task_publish.send(
            sender=task.name, body=(args, kwargs, embed), headers=headers, exchange=message.exchange,
            routing_key=message.routing_key,
        )  # fmt: skip
        signals.task_sent.send(
            sender=task.name, task_id=message.task_id, task=task.name, args=args, kwargs=kwargs,
            eta=headers.get("eta"), taskset=headers.get("group"),
        )  # fmt: skip


def send_events(task: Task[Any, Any], sent: Iterable[tuple[Message, str]], connection: Connection) -> None:
    """Send Celery's event for each message, which comes with its queue's name. A refused event fails no message."""
    app: Any = task.app
    # Without a buffer, which would be the process's own and keep what nobody sends.
    dispatcher = app.events.Dispatcher(enabled=False, buffer_while_offline=False)
    producer = app.amqp.Producer(connection, auto_declare=False)
    try:
        for message, queue in sent:
            fields = {name: message.headers.get(header) for name, header in FIELDS.items()}
            fields |= {"queue": queue, "exchange": message.exchange, "routing_key": message.routing_key}
            dispatcher.publish("task-sent", fields, producer, retry=True, retry_policy=PUBLISH_RETRY)
    except Exception as error:
        logger.warning("the events of messages of %s that were published could not be sent: %r", task.name, error)
