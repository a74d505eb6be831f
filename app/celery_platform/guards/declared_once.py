"""Celery declares a task's queue again with the first publish on every connection.

A declaration asks the queue's leader. When that node is frozen, RabbitMQ 4.0 answers after 5 s on every other node:
longer than the queue takes to elect a new leader, and all of a publish's budget. The queue is durable: here a process
declares it until one publish went through, and no more. Should the broker come back empty, publishing with `mandatory`
says that nothing took the message, and the process declares again.
Unnecessary as soon as Celery remembers declarations beyond a connection.
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
    """Within, `task` is published to the queue; afterwards that counts as declared, on brokers that keep what is
    declared.

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
            remedy="Nothing was sent. Send it again: that declares the queue.",
        ) from None
    if queue is not None and queue.exchange.type == "topic":
        queue.no_declare = True
