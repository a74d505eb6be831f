"""`attach`: from then on a Celery instance publishes and works as the environment says."""

import threading
from typing import Any, TypeVar

from celery import Celery

from celery_platform.attachment.application_class import LOCK, PlatformApp
from celery_platform.attachment.default_instance import make_default_where_current
from celery_platform.attachment.tasks import give_guarantees

App = TypeVar("App", bound=Celery)


def attach(app: App) -> App:
    """See `celery_platform.attach`. A second call changes nothing."""
    if isinstance(app, PlatformApp):
        return app
    own = type(app)
    # The instance's class and not a wrapper around it: whoever holds the instance, as tasks do, holds the same.
    methods = {"__module__": own.__module__, "own_class": own}
    vars(app)[LOCK] = threading.RLock()
    app.__class__ = type(f"Attached{own.__name__}", (PlatformApp, own), methods)
    _forget_what_was_made(app)
    inside: Any = app
    if inside.finalized:  # otherwise they get them when it is; not sooner, as Celery is not done with them before
        for task in inside._tasks.values():
            give_guarantees(task)
    make_default_where_current(app)
    return app


def _forget_what_was_made(app: Any) -> None:
    """What Celery made at an earlier use, from the settings of then: it makes them again at the next."""
    for made in ("amqp", "control", "events"):
        vars(app).pop(made, None)
    app._pool = None
    app._backend_cache = None
    app._local = threading.local()
