"""Asks the broker how many messages wait in a queue."""

from typing import Any

from kombu import Connection, Queue


def depth(connection: Connection, queue: Queue) -> int:
    """Count the messages that wait in `queue`, without those that workers hold. SQS answers approximately.

    The queue is declared as the app does it, because on Redis a passive declaration of an empty list fails.

    Example: `depth(connection, broker.queue(environment.queues["email"]))`
    """
    with connection.channel() as channel:
        declared: Any = queue(channel).queue_declare()
        return int(declared.message_count)
