"""The dead-lettered messages of an environment, whatever its broker."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from kombu import Connection

from celery_platform.brokers import Broker, broker_of
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.rabbitmq import dead_letters as rabbitmq
from celery_platform.brokers.redis import dead_letters as redis
from celery_platform.brokers.sqs import dead_letters as sqs
from celery_platform.dead_letters.choice import Choice
from celery_platform.settings import QueueSettings, runtime


class OpenQueue(Protocol):
    """How one kind of broker's dead letter queue is read."""

    def __call__(
        self, broker: Broker, connection: Connection, queue: QueueSettings, /
    ) -> AbstractContextManager[Iterator[Held]]:
        """Yield the messages that are there now; those not removed stay in the queue."""
        ...


READERS: Mapping[str, OpenQueue] = {
    "rabbitmq": rabbitmq.open_queue,
    "amazon_mq": rabbitmq.open_queue,
    "redis": redis.open_queue,
    "sqs": sqs.open_queue,
}


def held_messages(connection: Connection, queues: Iterable[QueueSettings], choice: Choice) -> Iterator[Held]:
    """Yield the chosen messages of some queues, one queue after the other.

    A message is held until its queue has been read to the end. Two commands that read the same queue at once may each
    see only a part of it, because RabbitMQ and SQS show a held message to nobody else.
    """
    broker = broker_of(runtime())
    open_queue = READERS[broker.kind]
    for queue in queues:
        with open_queue(broker, connection, queue) as messages:
            for held in messages:
                if choice.includes(held.message):
                    yield held
