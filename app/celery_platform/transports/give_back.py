"""What a process does with its messages before it ends on its own."""

from time import sleep
from typing import Any

# For the broker to read what was written. A process that ends with deliveries unread has its connection reset, and what
# the broker had not read by then is lost with it.
READ_SECONDS = 0.3


def give_back(channel: Any) -> None:
    """Acknowledge what is done, and return at once what was taken and is not.

    RabbitMQ requeues the rest when the connection ends. kombu's other channels, where this project's are not in use,
    have a `qos` that knows what was delivered.

    Raises:
        Exception: the broker's or its library's. What was not given back comes again after its visibility timeout.
    """
    if hasattr(channel, "give_back"):
        channel.give_back()
    elif hasattr(channel, "qos"):
        channel.qos.restore_unacked_once()
    sleep(READ_SECONDS)
