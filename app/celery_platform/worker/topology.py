"""Declare the dead letter queues before a worker first consumes."""

from typing import Any

from celery import bootsteps
from celery.worker.consumer.connection import Connection

from celery_platform.brokers import broker_of
from celery_platform.settings import runtime


class DeclareDeadLetters(bootsteps.StartStopStep):
    """A worker step: a broker would drop a message that it dead-letters to a queue that does not exist."""

    requires = (Connection,)
    _declared = False

    def start(self, consumer: Any) -> None:
        """Declare them on the worker's connection, only once: they are durable, and during a failover it is slow."""
        if not self._declared:
            broker_of(runtime()).declare_dead_letters(consumer.connection)
            self._declared = True
