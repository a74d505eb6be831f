"""Celery declares a task's queue again with the first publish on every connection.

A declaration needs the queue's leader. If that node is frozen, RabbitMQ 4.0 answers after 5 s on every other node. That
is longer than the queue needs to elect a new leader, and uses up the whole budget of a publish. The queue is durable,
so here a process declares it only until the first publish has succeeded. If the broker comes back empty, publishing
with `mandatory` reports that no queue accepted the message, and the process declares it again. Unnecessary as soon as
Celery remembers declarations beyond a connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from amqp import ChannelError
from celery import Celery

from celery_platform.errors import PublishError

_NO_ROUTE = 312


@contextmanager
def declared_once(app: Celery, task: str, queue_name: str) -> Iterator[None]:
    """A context in which `task` is published to the queue. Afterwards, the queue counts as declared on durable brokers.

    Raises:
        PublishError: the broker has no queue for the message.
    """
    queue: Any = app.amqp.queues.get(queue_name)
    try:
        yield
    except ChannelError as error:
        if queue is None or error.reply_code != _NO_ROUTE:
            raise
        queue.no_declare = False
        raise PublishError(
            expected=f"a queue {queue.name} for {task}",
            found="a broker that has none",
            remedy="The message was not sent. Send it again, which declares the queue.",
        ) from None
    if queue is not None and queue.exchange.type == "topic":
        queue.no_declare = True
