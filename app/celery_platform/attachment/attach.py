"""`attach`: make a Celery instance publish and work as the environment configures it."""

import threading
from typing import Any, TypeVar

from celery import Celery

from celery_platform.attachment.application_class import LOCK, PlatformApp
from celery_platform.attachment.default_instance import make_default_where_current
from celery_platform.attachment.tasks import give_guarantees

App = TypeVar("App", bound=Celery)


def attach(app: App) -> App:
    """See `celery_platform.attach`. A second call has no effect."""
    if isinstance(app, PlatformApp):
        return app
    own = type(app)
    # Replace the instance's class instead of wrapping the instance, because tasks and others already refer to it.
    methods = {"__module__": own.__module__, "own_class": own}
    vars(app)[LOCK] = threading.RLock()
    app.__class__ = type(f"Attached{own.__name__}", (PlatformApp, own), methods)
    _drop_cached_objects(app)
    inside: Any = app
    if inside.finalized:  # otherwise tasks get them in `finalize`, when Celery has completed them
        for task in inside._tasks.values():
            give_guarantees(task)
    make_default_where_current(app)
    return app


def _drop_cached_objects(app: Any) -> None:
    """Drop the objects that Celery created from the earlier settings. It creates them again at the next use."""
    for cached in ("amqp", "control", "events"):
        vars(app).pop(cached, None)
    app._pool = None
    app._backend_cache = None
    app._local = threading.local()
