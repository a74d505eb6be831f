"""A turbo worker of the project's own app keeps the guards that its broker settings name."""

from celery_platform.guards import delayed_delivery_once
from celery_platform.turbo.worker.guarded import Consumer


def test_its_consumer_declares_the_delays_on_one_node_only() -> None:
    steps = Consumer.Blueprint.default_steps

    assert f"{delayed_delivery_once.__name__}:DelayedDelivery" in steps
    assert "celery.worker.consumer.delayed_delivery:DelayedDelivery" not in steps
