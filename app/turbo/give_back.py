"""What a process does with its messages before it ends on its own."""

from typing import Any


def give_back(channel: Any) -> None:
    """Tell the broker what is done, and return at once what was taken and is not.

    RabbitMQ requeues the rest when the connection ends. kombu's other channels, where this project's are not in use,
    have a `qos` that knows what was delivered.

    Raises:
        Exception: the broker's or its library's. What was not given back comes again after its visibility timeout.
    """
    if hasattr(channel, "give_back"):
        channel.give_back()
    elif hasattr(channel, "qos"):
        channel.qos.restore_unacked_once()
