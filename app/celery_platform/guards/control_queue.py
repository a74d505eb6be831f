"""A worker that leaves a frozen RabbitMQ node exits when it connects to the next one.

Its remote control queue is exclusive to the old connection (Celery 5.7's default, and the only mode that RabbitMQ 4.3
allows). The cluster considers that connection alive until it detects that the node is down. Declaring the queue again
with the same name is refused: "Unrecoverable error: ResourceLocked(405)".
Here, the queue has a different name on each connection. Nothing is published to it by name, because commands go to a
fanout exchange.
Unnecessary as soon as Celery names the queue by connection; `tests/brokers` shows the defect.
"""

import secrets
from typing import Any

from celery.app import control
from kombu import pidbox

from celery_platform.guards.remote_control import refuse_without_remote_control


class Mailbox(pidbox.Mailbox):
    """kombu's mailbox, with a new queue name for each consumer."""

    def get_queue(self, hostname: str) -> Any:
        """The queue from which a worker consumes commands."""
        return super().get_queue(f"{hostname}.{secrets.token_hex(4)}")


class Control(control.Control):
    """Celery's remote control with that mailbox, on brokers that support it."""

    Mailbox = Mailbox

    def broadcast(self, command: str, *args: Any, **kwargs: Any) -> Any:
        """Send a command to workers.

        Raises:
            BrokerError: the broker does not support remote control.
        """
        refuse_without_remote_control(command)
        return super().broadcast(command, *args, **kwargs)
