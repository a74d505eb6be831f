"""Self-managed RabbitMQ: quorum queues, confirmed publishing, dead letter queues, and failover over a list of nodes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar
from urllib.parse import quote

from kombu import Connection, Exchange, Queue

from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.interface import (
    CONNECT_TIMEOUT_SECONDS,
    HEARTBEAT_CHECKS,
    HEARTBEAT_SECONDS,
    PUBLISH_BUDGET_SECONDS,
    Broker,
)
from celery_platform.brokers.rabbitmq.dead_letters import open_queue
from celery_platform.brokers.rabbitmq.tls import amqp_tls
from celery_platform.refusals.priority import HIGH
from celery_platform.settings import QueueSettings
from celery_platform.settings.login import with_login


class RabbitMQBroker(Broker):
    """Queues are declared by the app, so that their arguments are stated once."""

    connect_timeout: ClassVar[float] = CONNECT_TIMEOUT_SECONDS

    @property
    def counts_deliveries(self) -> bool:  # type: ignore[override]
        """Return whether the queues count deliveries: quorum queues do, classic ones do not."""
        return not self._mirrored

    def url(self) -> str:
        """Return the URL of every node, with user, password and virtual host."""
        user, password = self.environment.broker["user"], self.runtime.secret("broker_password")
        vhost = quote(self.environment.broker["virtual_host"], safe="")
        nodes = self.runtime.discovery.broker_url.split(";")
        return ";".join(f"{with_login(node.rstrip('/'), user, password)}/{vhost}" for node in nodes)

    def transport_options(self) -> dict[str, Any]:
        """Return options that confirm each publish; otherwise it succeeds although the broker dropped the message.

        By default kombu tries nodes for no longer than one connection may take, which a frozen node would use up.
        """
        return {"confirm_publish": True, "connect_retries_timeout": PUBLISH_BUDGET_SECONDS}

    def settings(self) -> dict[str, Any]:
        """Return Celery's settings; the queue type is always stated, because the default differs between brokers."""
        discovery = self.runtime.discovery
        return amqp_tls(discovery.broker_url, discovery.broker_ca_certificate) | {
            "broker_connection_timeout": self.connect_timeout,
            "broker_heartbeat": HEARTBEAT_SECONDS,
            "broker_heartbeat_checkrate": HEARTBEAT_CHECKS,
            "worker_consumer": "celery_platform.guards.delayed_delivery_once:Consumer",
            "task_default_exchange_type": "topic",
            "task_default_queue_type": "classic" if self._mirrored else "quorum",
            "broker_native_delayed_delivery_queue_type": "classic" if self._mirrored else "quorum",
        }

    def publish_options(self, countdown: float | None) -> dict[str, Any]:  # noqa: ARG002 - the topology delays
        """Let a message that no queue takes be an error, instead of being confirmed and dropped."""
        return {"mandatory": True}

    def queue(self, queue: QueueSettings) -> Queue:
        """Bind to a topic exchange, because native delayed delivery prefixes the routing key with the delay's bits."""
        arguments: dict[str, Any] = {
            "x-dead-letter-exchange": self._dead_letter_exchange.name,
            "x-dead-letter-routing-key": queue.dead_letter_name,
        }
        if self._mirrored:
            arguments["x-queue-type"] = "classic"
            if queue.priorities > 1:
                arguments["x-max-priority"] = HIGH
        else:
            # At-least-once dead lettering needs reject-publish (RabbitMQ guide, "Quorum queues"); the delivery limit
            # stops a message that kills its worker each time.
            arguments |= {
                "x-queue-type": "quorum",
                "x-delivery-limit": queue.max_deliveries,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            }
        if queue.hard_time_limit is None:
            # The broker's own consumer timeout is for tasks with a limit. RabbitMQ 4.0.5 was seen to ignore the
            # consumer's argument of this name. It obeys the queue's, which cannot be changed once the queue exists.
            arguments["x-consumer-timeout"] = queue.consumer_timeout * 1000
        exchange = Exchange(f"{self.environment.prefix}-tasks", type="topic", durable=True)
        return Queue(
            queue.name,
            exchange,
            alias=queue.label,
            routing_key=queue.label,
            durable=True,
            queue_arguments=arguments,
        )

    def dead_letter_queue(self, queue: QueueSettings) -> Queue:
        """Bind the queue by its own name, so that the broker and the app publish to it with the same key."""
        return Queue(
            queue.dead_letter_name,
            self._dead_letter_exchange,
            routing_key=queue.dead_letter_name,
            durable=True,
            queue_arguments=self._dead_letter_arguments,
        )

    def read_dead_letters(self, connection: Connection, queue: QueueSettings) -> AbstractContextManager[Iterator[Held]]:
        """Take the messages without acknowledging them."""
        return open_queue(self, connection, queue)

    @property
    def _dead_letter_arguments(self) -> dict[str, Any]:
        if self._mirrored:
            return {"x-queue-type": "classic"}
        # Reading a dead-lettered message takes and requeues it, which counts as a delivery: RabbitMQ 4 would drop it
        # after twenty (guide "Quorum queues", poison messages). RabbitMQ 3 refuses the -1 that means no limit.
        return {"x-queue-type": "quorum", "x-delivery-limit": 2**31 - 1}

    @property
    def _dead_letter_exchange(self) -> Exchange:
        return Exchange(f"{self.environment.prefix}-dead-letters", type="direct", durable=True)

    @property
    def _mirrored(self) -> bool:
        """Whether queues are classic ones, which a policy mirrors on RabbitMQ 3."""
        return bool(self.environment.broker["rabbitmq"]["replication"] == "mirrored")
