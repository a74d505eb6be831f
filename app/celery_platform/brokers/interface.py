"""The interface of a broker, the same for every kind."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.settings import PoolSettings, QueueSettings, Runtime

if TYPE_CHECKING:  # the exporter loads this module, and would have kombu in memory as long as it runs
    from kombu import Connection, Queue

# A node closes a worker's connection after two missed heartbeats, a worker its own sooner
# (transports/amqp/silent_node.py).
HEARTBEAT_SECONDS = 3
HEARTBEAT_CHECKS = 12  # checks in each heartbeat
# Within a region a connection takes milliseconds; when it takes longer, the node is frozen or unreachable.
CONNECT_TIMEOUT_SECONDS = 1
# Seconds in which a publish returns or fails, failover to the next node included.
PUBLISH_BUDGET_SECONDS = 5
# How publishing is tried again within that budget: at once, because it may be this node alone that refuses and the URL
# names others, then after 0.3, 0.6 and 0.9 s.
PUBLISH_RETRY = {"max_retries": 4, "interval_start": 0, "interval_step": 0.3, "interval_max": 0.9}


class Broker(ABC):
    """Connection, queues and dead letter queues of one environment. Building one opens no connection."""

    # Remote control and events need fanout exchanges, which SQS does not have.
    remote_control: ClassVar[bool] = True
    # RabbitMQ 4's own limit (rabbitmq.conf, max_message_size); Redis would take more, but block all clients meanwhile.
    max_message_bytes: ClassVar[int] = 16 * 1024 * 1024
    # Whether the broker itself counts deliveries and dead-letters the message that has had too many.
    counts_deliveries: bool = True

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.environment = runtime.environment
        self.kind = runtime.environment.broker_kind

    @abstractmethod
    def url(self) -> str:
        """Return the broker's URL with credentials; several, separated by semicolons, are tried in turn."""

    @abstractmethod
    def transport_options(self) -> dict[str, Any]:
        """Return kombu's `transport_options`."""

    @abstractmethod
    def queue(self, queue: QueueSettings) -> "Queue":
        """Return the queue that tasks are published to."""

    @abstractmethod
    def dead_letter_queue(self, queue: QueueSettings) -> "Queue":
        """Return the queue for messages of `queue` that failed for good. No worker consumes it."""

    def with_dead_letters(self, queues: Iterable[QueueSettings]) -> list[QueueSettings]:
        """Return the queues that may have dead-lettered messages: all of them, unless finding out costs less."""
        return list(queues)

    @abstractmethod
    def read_dead_letters(
        self, connection: "Connection", queue: QueueSettings
    ) -> AbstractContextManager[Iterator[Held]]:
        """Yield the messages that are in the dead letter queue of `queue` now; those not removed stay there."""

    def settings(self) -> dict[str, Any]:
        """Return Celery settings that only this kind of broker needs."""
        return {}

    def worker_transport_options(self, pool: PoolSettings) -> dict[str, Any]:  # noqa: ARG002 - others use it
        """Return transport options that a worker's own connection needs in addition."""
        return {}

    def publish_options(self, countdown: float | None) -> dict[str, Any]:  # noqa: ARG002 - others use it
        """Return publish options for a delay of `countdown` seconds, beside Celery's own header."""
        return {}

    def declare_dead_letters(self, connection: "Connection") -> None:
        """Declare every dead letter queue, on the connection in use."""
        with connection.channel() as channel:
            for queue in self.environment.queues.values():
                self.dead_letter_queue(queue)(channel).declare()

    def dead_letters(self, connection: "Connection", queue: QueueSettings) -> int:
        """Count the dead-lettered messages of `queue`. SQS answers approximately."""
        with connection.channel() as channel:
            declared: Any = self.dead_letter_queue(queue)(channel).queue_declare(passive=True)
            return int(declared.message_count)

    def purge(self, connection: "Connection") -> None:
        """Empty every queue and dead letter queue. For tests."""
        with connection.channel() as channel:
            for queue in self.environment.queues.values():
                for each in (self.queue(queue), self.dead_letter_queue(queue)):
                    each(channel).declare()
                    each(channel).purge()
