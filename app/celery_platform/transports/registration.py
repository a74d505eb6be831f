"""Registers the guarded transports under the names of kombu's own, for URLs, failover and pools alike.

A `broker_transport` setting is not enough: when kombu fails over to the next URL, it uses that URL's scheme again.
"""

from kombu.transport import TRANSPORT_ALIASES

from celery_platform.broker_kinds import BrokerKind
from celery_platform.brokers.choice import kind_of


def install() -> None:
    """Let kombu find the transports of every kind of broker by the schemes of broker URLs, in this process.

    Each is named by a string, so nothing is imported before a connection is made. Turbo, gevent, threads and asyncio
    workers register faster ones in their place (`turbo/worker/install.py`).
    """
    for name in BrokerKind:
        TRANSPORT_ALIASES.update(kind_of(name).transports())
