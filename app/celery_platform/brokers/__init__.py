"""A folder for each kind of broker behind one interface. Tasks never import this package."""

from celery_platform.brokers.choice import broker_of, source_of
from celery_platform.brokers.interface import Broker

__all__ = ["Broker", "broker_of", "source_of"]
