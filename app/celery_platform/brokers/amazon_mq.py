"""Amazon MQ for RabbitMQ: as self-managed, over TLS to one endpoint that the system's authorities vouch for."""

from celery_platform.brokers.rabbitmq import RabbitMQBroker


class AmazonMQBroker(RabbitMQBroker):
    """Amazon MQ keeps its nodes behind one name, so there is no list to fail over to."""

    kind = "amazon_mq"
    connect_timeout = 3  # there is no other node to hurry on to

    @property
    def _mirrored(self) -> bool:
        return False
