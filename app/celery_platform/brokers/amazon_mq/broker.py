"""Amazon MQ for RabbitMQ: TLS to one endpoint, whose certificate the system's authorities sign."""

from celery_platform.brokers.rabbitmq.broker import RabbitMQBroker


class AmazonMQBroker(RabbitMQBroker):
    """Amazon MQ keeps its nodes behind one name, so there is no list to fail over to."""

    connect_timeout = 3  # there is no other node to try

    @property
    def _mirrored(self) -> bool:
        return False
