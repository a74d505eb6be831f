"""The gevent pool's transport under this project's guards, for the project's own app: they read its environment."""

from typing import Any

from celery_platform.transports.amqp import bounded_waits, green, rabbitmq_node


class Channel(bounded_waits.Channel, green.Channel):
    """Has its acknowledgements flushed soon, under guards."""


class Connection(rabbitmq_node.Connection, green.Connection):
    """Handles all that a read brought, under guards."""

    Channel = Channel


class Transport(rabbitmq_node.Guarded, green.Transport):
    """For amqp://."""

    Connection: Any = Connection


class SecureTransport(rabbitmq_node.Guarded, green.SecureTransport):
    """For amqps://."""

    Connection: Any = Connection
