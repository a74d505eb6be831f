"""The gevent pool's transport under this project's guards, for the project's own app: they read its environment."""

from typing import Any

from celery_platform.transports.amqp import bounded_waits, green, rabbitmq_node


class Channel(bounded_waits.Channel, green.Channel):
    """The channel of `green.py`, whose waits are bounded."""


class Connection(rabbitmq_node.Connection, green.Connection):
    """The connection of `green.py`, whose waits are bounded, and that detects a silent node."""

    Channel = Channel


class Transport(rabbitmq_node.Guarded, green.Transport):
    """For amqp://."""

    Connection: Any = Connection


class SecureTransport(rabbitmq_node.Guarded, green.SecureTransport):
    """For amqps://."""

    Connection: Any = Connection
