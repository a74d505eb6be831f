"""The transport under this project's guards, for the project's own app: they read its environment."""

from typing import Any

from kombu.transport import pyamqp

from celery_platform.transports.amqp import bounded_waits, rabbitmq_node
from celery_platform.transports.amqp.channel import AckingChannel
from celery_platform.transports.amqp.connection import BufferedConnection
from celery_platform.transports.amqp.transport import Transport as PlainTransport


class Channel(bounded_waits.Channel, AckingChannel):
    """A channel that sends many acknowledgements with one write, and whose waits are bounded."""


class Connection(rabbitmq_node.Connection, BufferedConnection):
    """A connection that reads many frames at once, whose waits are bounded, and that detects a silent node."""

    Channel = Channel


class Transport(rabbitmq_node.Guarded, PlainTransport):
    """For amqp://."""

    Connection: Any = Connection


class SecureTransport(rabbitmq_node.Guarded, PlainTransport, pyamqp.SSLTransport):
    """For amqps://."""

    Connection: Any = Connection
