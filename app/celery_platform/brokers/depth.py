"""How many messages wait in a queue, asked of the broker itself."""

from typing import Any

from kombu import Connection, Queue


def depth(connection: Connection, queue: Queue) -> int:
    """Messages that wait in `queue`; those that workers hold are not counted. SQS answers approximately.

    Declares the queue as the app does: a passive declaration fails on Redis for an empty list, which is not there.

    Example: `depth(connection, broker.queue(environment.queues["email"]))`
    """
    with connection.channel() as channel:
        declared: Any = queue(channel).queue_declare()
        return int(declared.message_count)
