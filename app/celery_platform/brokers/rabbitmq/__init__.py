"""Self-managed RabbitMQ."""

from collections.abc import Mapping

from celery_platform.brokers.interface import Broker
from celery_platform.brokers.kind import Kind
from celery_platform.observability.exporter.reading import Source
from celery_platform.settings import Runtime

_AMQP = "celery_platform.transports.amqp"
# By pool type: the module for any application, and the one for those that are attached.
_POOLS = {
    "turbo": ("transport", "guarded"),
    "threads": ("transport", "guarded"),
    "asyncio": ("transport", "guarded"),
    "gevent": ("green", "guarded_green"),
}


class RabbitMQKind(Kind):
    """AMQP, for publishing and consuming, and the management API, for what is measured."""

    def broker(self, runtime: Runtime) -> Broker:
        """Return the broker with a list of nodes."""
        from celery_platform.brokers.rabbitmq.broker import RabbitMQBroker

        return RabbitMQBroker(runtime)

    def source(self, runtime: Runtime) -> Source:
        """Return the management API of its nodes."""
        from celery_platform.brokers.rabbitmq.source import management_source

        return management_source(runtime)

    def urls(self, runtime: Runtime) -> Mapping[str, list[str]]:
        """Return those of AMQP and of the management API."""
        from celery_platform.brokers.rabbitmq.source import management_urls

        return {"management": management_urls(runtime), **super().urls(runtime)}

    def transports(self) -> Mapping[str, str]:
        """Return the transports that no bad node stops."""
        return {"amqp": f"{_AMQP}.rabbitmq_node:Transport", "amqps": f"{_AMQP}.rabbitmq_node:SecureTransport"}

    def worker_transports(self, pool_type: str, *, guarded: bool) -> Mapping[str, str]:
        """Return the transports that read and acknowledge many messages at a time, under all names that kombu has."""
        module = f"{_AMQP}.{_POOLS[pool_type][guarded]}"
        return {"amqp": f"{module}:Transport", "pyamqp": f"{module}:Transport", "amqps": f"{module}:SecureTransport"}


KIND = RabbitMQKind()
