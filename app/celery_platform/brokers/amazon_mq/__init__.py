"""Amazon MQ for RabbitMQ."""

from celery_platform.brokers.interface import Broker
from celery_platform.brokers.rabbitmq import RabbitMQKind
from celery_platform.settings import Runtime


class AmazonMQKind(RabbitMQKind):
    """A RabbitMQ to its clients."""

    def broker(self, runtime: Runtime) -> Broker:
        """Return the broker with one endpoint."""
        from celery_platform.brokers.amazon_mq.broker import AmazonMQBroker

        return AmazonMQBroker(runtime)


KIND = AmazonMQKind()
