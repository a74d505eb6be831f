"""What a worker asks of the channel that its messages came from, whatever the broker."""

from abc import ABC, abstractmethod


class WorkerChannel(ABC):
    """A channel that keeps acknowledgements pending, so that many of them take one call to the broker.

    The channels of `transports/amqp`, `transports/redis` and `transports/sqs` are such channels; kombu's own are not.
    """

    @abstractmethod
    def flush_acknowledgements(self) -> None:
        """Send the acknowledgements that are pending.

        Raises:
            Exception: the broker's or its library's. What was not acknowledged is delivered again.
        """

    @abstractmethod
    def give_back(self) -> None:
        """Before the process ends: acknowledge what is done, and return to its queue what was taken and is not.

        Raises:
            Exception: the broker's or its library's. What was not given back is delivered again after its visibility
                timeout.
        """
