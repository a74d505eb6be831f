"""Registers the guarded transports under the names of kombu's own, for URLs, failover and pools alike.

A `broker_transport` setting is not enough: when kombu fails over to the next URL, it uses that URL's scheme again.
"""

from collections.abc import Mapping

from kombu.transport import TRANSPORT_ALIASES

GUARDED: Mapping[str, str] = {
    "amqp": "celery_platform.transports.amqp.rabbitmq_node:Transport",
    "amqps": "celery_platform.transports.amqp.rabbitmq_node:SecureTransport",
    "redis": "celery_platform.transports.redis.reconnect:Transport",
    "rediss": "celery_platform.transports.redis.reconnect:Transport",
    "sqs": "celery_platform.transports.sqs.transport:Transport",
}


def install() -> None:
    """Let kombu find this room's transports by the schemes of broker URLs, in this process.

    Each is named by a string, so nothing is imported before a connection is made. Turbo, gevent and threads workers
    register faster ones in their place (`turbo/worker/install.py`).
    """
    TRANSPORT_ALIASES.update(GUARDED)
