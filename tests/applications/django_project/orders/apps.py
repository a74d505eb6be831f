"""The app, and the signals that it listens to."""

from typing import Any

from celery.signals import task_success
from django.apps import AppConfig


class Orders(AppConfig):
    """Orders."""

    name = "orders"

    def ready(self) -> None:
        """Listen to Celery."""
        task_success.connect(note_success, dispatch_uid="orders")


def note_success(sender: Any = None, **_: Any) -> None:
    """Note that a task of this app succeeded."""
    from orders.models import Event

    if sender.name == "orders.tasks.ship_order":
        Event.objects.create(name="signal", detail=sender.request.id)
