"""Amazon MQ for RabbitMQ: as self-managed, over TLS to one endpoint."""

import ssl
from typing import Any

from app.brokers.rabbitmq import RabbitMQBroker


class AmazonMQBroker(RabbitMQBroker):
    """Amazon MQ keeps its nodes behind one name, so there is no list to fail over to."""

    kind = "amazon_mq"

    def settings(self) -> dict[str, Any]:
        """TLS with the certificate and the name checked, which py-amqp does not do unasked."""
        return super().settings() | {"broker_use_ssl": {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}}

    @property
    def _mirrored(self) -> bool:
        return False
