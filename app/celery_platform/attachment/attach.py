"""`attach`: from then on a Celery instance publishes and works as the environment says."""

from typing import TypeVar

from celery import Celery

from celery_platform.attachment.application_class import PlatformApp

App = TypeVar("App", bound=Celery)


def attach(app: App) -> App:
    """See `celery_platform.attach`. A second call changes nothing."""
    if isinstance(app, PlatformApp):
        return app
    own = type(app)
    # The instance's class and not a wrapper around it: whoever holds the instance, as tasks do, holds the same.
    app.__class__ = type(f"Attached{own.__name__}", (PlatformApp, own), {"__module__": own.__module__})
    vars(app).pop("control", None)
    return app
