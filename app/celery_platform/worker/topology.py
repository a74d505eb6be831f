"""A worker declares the dead letter queues before it first consumes."""

from typing import Any

from celery import bootsteps
from celery.worker.consumer.connection import Connection

from celery_platform.brokers import broker_of
from celery_platform.settings import runtime


class DeclareDeadLetters(bootsteps.StartStopStep):
    """Declares them in time, because a broker drops what it dead-letters to a queue that does not exist."""

    requires = (Connection,)
    _declared = False

    def start(self, consumer: Any) -> None:
        """Declare on the connection in use, once: they are durable, and a node that just lost its peer answers late."""
        if not self._declared:
            broker_of(runtime()).declare_dead_letters(consumer.connection)
            self._declared = True
