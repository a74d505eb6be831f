"""The consumer for this project's own app, with the guards that its broker settings name."""

from celery_platform.guards import delayed_delivery_once
from celery_platform.turbo.worker.consumer import Consumer as PlainConsumer


class Consumer(PlainConsumer, delayed_delivery_once.Consumer):
    """Tries the fast strategies first, and declares the delays on one node only."""
