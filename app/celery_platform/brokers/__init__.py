"""One module for each kind of broker behind one small interface. Tasks never import this package."""

from app.brokers.choice import broker_of
from app.brokers.interface import Broker

__all__ = ["Broker", "broker_of"]
