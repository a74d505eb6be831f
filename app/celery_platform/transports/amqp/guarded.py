"""The transport under this project's guards, for the project's own app: they read its environment."""

from typing import Any

from kombu.transport import pyamqp

from celery_platform.transports.amqp import bounded_waits, rabbitmq_node
from celery_platform.transports.amqp.channel import AckingChannel
from celery_platform.transports.amqp.connection import BufferedConnection
from celery_platform.transports.amqp.transport import Transport as PlainTransport


class Channel(bounded_waits.Channel, AckingChannel):
    """Flushes many acknowledgements with one write, under guards."""


class Connection(rabbitmq_node.Connection, BufferedConnection):
    """Reads many frames at once, under guards."""

    Channel = Channel


class Transport(rabbitmq_node.Guarded, PlainTransport):
    """For amqp://."""

    Connection: Any = Connection


class SecureTransport(rabbitmq_node.Guarded, PlainTransport, pyamqp.SSLTransport):
    """For amqps://."""

    Connection: Any = Connection
