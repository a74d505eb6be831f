"""A worker that leaves a frozen RabbitMQ node ends when it connects to the next.

Its remote control queue is exclusive to the connection it had (Celery 5.7's default, all that RabbitMQ 4.3 allows),
and the cluster treats that connection as alive until the frozen node is given up. Declaring the queue again by the same
name is refused: "Unrecoverable error: ResourceLocked(405)".
Here the queue has another name on each connection. Nothing is published to it by name: commands go to a fanout
exchange.
Unnecessary as soon as Celery names the queue by connection; `tests/brokers` shows the end without it.
"""

import secrets
from typing import Any

from celery.app import control
from kombu import pidbox

from celery_platform.guards.remote_control import refuse_without_remote_control


class Mailbox(pidbox.Mailbox):
    """kombu's mailbox with a queue of a new name at each consumption."""

    def get_queue(self, hostname: str) -> Any:
        """The queue that a worker consumes commands from."""
        return super().get_queue(f"{hostname}.{secrets.token_hex(4)}")


class Control(control.Control):
    """Celery's control with that mailbox, on brokers that carry commands."""

    Mailbox = Mailbox

    def broadcast(self, command: str, *args: Any, **kwargs: Any) -> Any:
        """Send a command to workers.

        Raises:
            BrokerError: the broker does not carry commands.
        """
        refuse_without_remote_control(command)
        return super().broadcast(command, *args, **kwargs)
