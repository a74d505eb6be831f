"""A task that takes whatever it is given, of an application without a broker."""

from typing import Any

from celery import Celery
from kombu import Queue


def anything(*_args: Any, **_kwargs: Any) -> None:
    """A task that takes whatever it is given."""


def registered(app: Any, **options: Any) -> Any:
    """`anything` as a task of the application; Celery does not check its arguments."""
    return app.task(typing=False, **options)(anything)


def anything_app() -> Any:
    app = Celery("publisher", broker="amqp://", set_as_current=False)
    app.conf.update(task_ignore_result=True, task_queues=[Queue("celery")])
    return registered(app)
