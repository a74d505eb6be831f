"""Production Celery for any application: the environment model, attaching, reliability, brokers and the command line.

Example: in an application's own celery.py, `celery = celery_platform.attach(Celery("orders"))`
"""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from celery import Celery

App = TypeVar("App", bound="Celery")


def attach(app: App) -> App:
    """Give a Celery instance the platform's broker, queues, limits and guarantees; returns it.

    Nothing is read or opened until the instance is first used. Where no environment is chosen (unit tests, a laptop) it
    stays plain Celery with its own settings.

    Raises:
        SettingsError: later, at first use: a setting of the application contradicts one of the platform's.

    Example: `celery = attach(Celery("orders", include=["orders.tasks"]))`
    """
    from celery_platform.attachment import attach as attached

    return attached(app)


def is_chosen() -> bool:
    """Whether this process belongs to an environment of the platform: `CELERY_ENVIRONMENT_FILE` names its file."""
    from celery_platform.settings.chosen import is_chosen as chosen

    return chosen()
