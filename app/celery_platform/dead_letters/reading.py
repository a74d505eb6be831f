"""The dead letters of an environment, whatever its broker."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from kombu import Connection

from celery_platform.brokers import Broker, broker_of
from celery_platform.dead_letters import amqp, redis, sqs
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.held import Held
from celery_platform.settings import QueueSettings, runtime


class OpenQueue(Protocol):
    """How one kind of broker's dead letter queue is read."""

    def __call__(
        self, broker: Broker, connection: Connection, queue: QueueSettings, /
    ) -> AbstractContextManager[Iterator[Held]]:
        """The letters that are there now; those not removed stay in the queue."""
        ...


READERS: Mapping[str, OpenQueue] = {
    "rabbitmq": amqp.open_queue,
    "amazon_mq": amqp.open_queue,
    "redis": redis.open_queue,
    "sqs": sqs.open_queue,
}


def held_letters(connection: Connection, queues: Iterable[QueueSettings], choice: Choice) -> Iterator[Held]:
    """The chosen letters of some queues, one queue after the other; a letter is held until its queue is read through.

    Two commands that read the same queue at once may each see a part of it: RabbitMQ and SQS show a held letter to
    nobody else.
    """
    broker = broker_of(runtime())
    open_queue = READERS[broker.kind]
    for queue in queues:
        with open_queue(broker, connection, queue) as letters:
            for held in letters:
                if choice.includes(held.letter):
                    yield held
