"""What the app asks of a broker, whatever its kind."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from kombu import Connection, Queue

from celery_platform.settings import PoolSettings, QueueSettings, Runtime

# A node gives up a worker after two of these, a worker its node sooner (celery_platform/guards/silent_node.py).
HEARTBEAT_SECONDS = 3
HEARTBEAT_CHECKS = 12  # in each of these
# Within a region a connection takes milliseconds; one that takes longer is to a node that is frozen or cut off.
CONNECT_TIMEOUT_SECONDS = 1
# Seconds in which a publish returns or fails, failover to the next node included.
PUBLISH_BUDGET_SECONDS = 5


class Broker(ABC):
    """Connection, queues and dead letter queues of one environment. Building one opens no connection."""

    kind: ClassVar[str]
    # Remote control and events need fanout exchanges, which SQS has not.
    remote_control: ClassVar[bool] = True
    # RabbitMQ 4's own limit (rabbitmq.conf, max_message_size); Redis would take more, at the price of everybody's wait.
    max_message_bytes: ClassVar[int] = 16 * 1024 * 1024
    # Whether the broker itself counts deliveries and dead-letters the message that has had too many.
    counts_deliveries: bool = True

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.environment = runtime.environment

    @abstractmethod
    def url(self) -> str:
        """The broker's URL with credentials; several, separated by semicolons, fail over in turn."""

    @abstractmethod
    def transport_options(self) -> dict[str, Any]:
        """Kombu's `transport_options`."""

    @abstractmethod
    def queue(self, queue: QueueSettings) -> Queue:
        """The queue that tasks go to."""

    @abstractmethod
    def dead_letter_queue(self, queue: QueueSettings) -> Queue:
        """The queue for messages of `queue` that failed for good. Nothing consumes it but people."""

    def settings(self) -> dict[str, Any]:
        """Celery settings that only this kind of broker needs."""
        return {}

    def worker_transport_options(self, pool: PoolSettings) -> dict[str, Any]:  # noqa: ARG002 - others use it
        """What a worker's own connection needs beside `transport_options`."""
        return {}

    def publish_options(self, countdown: float | None) -> dict[str, Any]:  # noqa: ARG002 - others use it
        """What a message with a delay of `countdown` seconds needs beside Celery's own header."""
        return {}

    def declare_dead_letters(self, connection: Connection) -> None:
        """Make sure that every dead letter queue exists, on the connection in use."""
        with connection.channel() as channel:
            for queue in self.environment.queues.values():
                self.dead_letter_queue(queue)(channel).declare()

    def dead_letters(self, connection: Connection, queue: QueueSettings) -> int:
        """How many messages of `queue` failed for good. SQS answers approximately."""
        with connection.channel() as channel:
            declared: Any = self.dead_letter_queue(queue)(channel).queue_declare(passive=True)
            return int(declared.message_count)

    def purge(self, connection: Connection) -> None:
        """Empty every queue and dead letter queue. For tests."""
        with connection.channel() as channel:
            for queue in self.environment.queues.values():
                for each in (self.queue(queue), self.dead_letter_queue(queue)):
                    each(channel).declare()
                    each(channel).purge()
