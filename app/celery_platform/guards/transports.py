"""The guarded transports take the names by which kombu finds its own, on every path alike: URL, failover, pools.

A `broker_transport` setting would not do: when kombu fails over to the next URL, it goes by that URL's scheme again.
"""

from collections.abc import Mapping

from kombu.transport import TRANSPORT_ALIASES

GUARDED: Mapping[str, str] = {
    "amqp": "app.guards.rabbitmq_node:Transport",
    "amqps": "app.guards.rabbitmq_node:SecureTransport",
    "redis": "app.guards.redis_reconnect:Transport",
    "rediss": "app.guards.redis_reconnect:Transport",
    "sqs": "app.turbo.sqs.transport:Transport",
}


def install() -> None:
    """Let kombu find the guarded transports. Nothing is imported before a connection is made."""
    TRANSPORT_ALIASES.update(GUARDED)
