"""The consumer under this project's guards."""

from celery_platform.guards import delayed_delivery_once
from celery_platform.turbo.worker.consumer import Consumer as PlainConsumer


class Consumer(PlainConsumer, delayed_delivery_once.Consumer):
    """Hands messages to strategies the short way, and declares the delays on one node only."""
