"""Making a Celery app's worker a turbo one."""

from typing import Any

from celery import Celery
from kombu import transport
from kombu.transport import TRANSPORT_ALIASES

from celery_platform.broker_kinds import BrokerKind
from celery_platform.brokers.choice import kind_of
from celery_platform.transports.drain import Drain
from celery_platform.transports.versions import tested
from celery_platform.turbo.worker.keepalive import Keepalive

RESULTS = "celery_platform.turbo.results.backend:RedisBackend"
STRATEGY = "celery_platform.turbo.worker.strategy:strategy"


def install(app: Celery, *, guarded: bool = False) -> None:
    """Make this process's worker a turbo one; with releases that it was not tested with, only its pool is.

    `guarded` also installs the guards of RabbitMQ's connection and of the consumer, which read the environment of the
    project's own app. Those of Redis do not read it and are always there.

    Example: `install(celery, guarded=True)` in each forked process, before its worker starts
    """
    # Celery's command line takes a pool of its own list only, but leaves the choice to this setting.
    settings: dict[str, Any] = {"worker_pool": "celery_platform.turbo.worker.pool:TaskPool", "worker_concurrency": 1}
    app.conf.update(settings)
    if not tested():
        return
    _replace_transports("turbo", guarded)
    settings = {"worker_consumer": f"celery_platform.turbo.worker.{'guarded' if guarded else 'consumer'}:Consumer"}
    app.conf.update(settings)
    app.loader.override_backends = app.loader.override_backends | {"redis": RESULTS, "rediss": RESULTS}
    app.Task.Strategy = STRATEGY
    for task in app._tasks.values():  # type: ignore[attr-defined] # those whose base is a class of the application's
        task.Strategy = STRATEGY
    app.steps["consumer"].update({Keepalive, Drain})


def install_transport(pool_type: str, *, guarded: bool = False) -> None:
    """Use the fast transports, where a broker has one, in this process's pool of type `threads`, `gevent` or `asyncio`.

    All else is Celery's.

    Example: `install_transport("gevent", guarded=True)`
    """
    if tested():
        _replace_transports(pool_type, guarded)


def _replace_transports(pool_type: str, guarded: bool) -> None:
    """Replace them by alias, because kombu chooses by the scheme of the next URL when it fails over."""
    found_before: dict[str, Any] = vars(transport)["_transport_cache"]
    for name in BrokerKind:
        fast = kind_of(name).worker_transports(pool_type, guarded=guarded)
        TRANSPORT_ALIASES.update(fast)
        for scheme in fast:
            found_before.pop(scheme, None)
