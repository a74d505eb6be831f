"""The guarded transports take the names by which kombu finds its own, on every path alike: URL, failover, pools.

A `broker_transport` setting would not do: when kombu fails over to the next URL, it goes by that URL's scheme again.
"""

from collections.abc import Mapping

from kombu.transport import TRANSPORT_ALIASES

GUARDED: Mapping[str, str] = {
    "amqp": "celery_platform.guards.rabbitmq_node:Transport",
    "amqps": "celery_platform.guards.rabbitmq_node:SecureTransport",
    "redis": "celery_platform.guards.redis_reconnect:Transport",
    "rediss": "celery_platform.guards.redis_reconnect:Transport",
    "sqs": "celery_platform.turbo.sqs.transport:Transport",
}


def install() -> None:
    """Let kombu find the guarded transports. Nothing is imported before a connection is made."""
    TRANSPORT_ALIASES.update(GUARDED)
