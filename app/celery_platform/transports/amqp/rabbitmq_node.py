"""kombu's RabbitMQ transports, guarded so that one bad node does not stop a producer or worker."""

import time
from typing import Any

from kombu.transport import pyamqp

from celery_platform.transports.amqp import bounded_waits, remembered
from celery_platform.transports.amqp.bounded_waits import ANSWER_SECONDS
from celery_platform.transports.amqp.publish_budget import allowed
from celery_platform.transports.amqp.silent_node import Attentive
from celery_platform.transports.amqp.tls_failover import settings_for
from celery_platform.transports.amqp.withheld import AcksOneByOne


class Channel(AcksOneByOne, remembered.Channel):
    """A channel whose waits are bounded, which knows what it holds, and whose acknowledgements can be withheld."""


class Connection(Attentive, bounded_waits.Connection):
    """A connection whose waits are bounded, and that detects a silent node."""

    Channel: Any = Channel


class Guarded:
    """A mixin for a transport of kombu."""

    Connection: Any = Connection

    def establish_connection(self) -> Any:
        """Connect within what is left of a publish budget, checking the certificate of the host at hand."""
        client: Any = self.client  # type: ignore[attr-defined]
        if len(client.alt) > 1 and Attentive.avoided.get(client.host, 0) > time.monotonic():
            raise ConnectionRefusedError(f"{client.host} was silent a moment ago")
        client.ssl = settings_for(client.ssl, client.hostname)
        usual = client.connect_timeout
        # None in a gevent worker: Celery takes the time-out away there.
        client.connect_timeout = allowed(usual or ANSWER_SECONDS)
        try:
            return super().establish_connection()  # type: ignore[misc]
        finally:
            client.connect_timeout = usual


class Transport(Guarded, pyamqp.Transport):
    """The guarded transport of amqp://."""


class SecureTransport(Guarded, pyamqp.SSLTransport):
    """The guarded transport of amqps://."""
