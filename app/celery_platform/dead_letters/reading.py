"""The dead-lettered messages of an environment, whatever its broker."""

from collections.abc import Iterable, Iterator

from kombu import Connection

from celery_platform.brokers import broker_of
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.interface import Broker
from celery_platform.dead_letters.choice import Choice
from celery_platform.settings import QueueSettings, runtime


def held_messages(
    connection: Connection, queues: Iterable[QueueSettings], choice: Choice, broker: Broker | None = None
) -> Iterator[Held]:
    """Yield the chosen messages of some queues, one queue after the other.

    A message is held until its queue has been read to the end. Two commands that read the same queue at once may each
    see only a part of it, because RabbitMQ and SQS show a held message to nobody else.
    Whoever reads often gives its `broker`: that of SQS makes a client of AWS, which takes megabytes.
    """
    broker = broker or broker_of(runtime())
    for queue in broker.with_dead_letters(queues):
        with broker.read_dead_letters(connection, queue) as messages:
            for held in messages:
                if choice.includes(held.message):
                    yield held
