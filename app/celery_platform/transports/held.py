"""Which messages a channel holds: those that it was given and has neither acknowledged nor rejected."""

from abc import ABC, abstractmethod
from typing import Any

from kombu.transport import virtual


class KnowsHeld(ABC):
    """A channel that knows the delivery tags of the messages that it holds. py-amqp's own does not."""

    @abstractmethod
    def held(self) -> set[Any]:
        """Return the delivery tags of messages that were delivered, and are to be acknowledged or rejected."""


def held_by(channel: Any) -> set[Any]:
    """Return the delivery tags that a worker's channel holds; none for one that does not know.

    Example: `held_by(consumer.task_consumer.channel) == {17, 18}`
    """
    if isinstance(channel, KnowsHeld):
        return channel.held()
    if isinstance(channel, virtual.Channel):
        qos: Any = channel.qos
        settled = set(qos._dirty)
        return {tag for tag in tuple(qos._delivered) if tag not in settled}
    return set()
