"""A worker makes sure of the dead letter queues whenever it has connected."""

from typing import Any

from celery import bootsteps
from celery.worker.consumer.connection import Connection

from app.brokers import broker_of
from app.settings import runtime


class DeclareDeadLetters(bootsteps.StartStopStep):
    """A broker drops what it dead-letters to a queue that is not there."""

    requires = (Connection,)

    def start(self, consumer: Any) -> None:
        """Declare on the connection in use."""
        broker_of(runtime()).declare_dead_letters(consumer.connection)
