"""Making a Celery app's worker a turbo one."""

from typing import Any

from celery import Celery
from kombu import transport
from kombu.transport import TRANSPORT_ALIASES

from celery_platform.transports.versions import tested
from celery_platform.turbo.worker.keepalive import Keepalive

RESULTS = "celery_platform.turbo.results.backend:RedisBackend"
STRATEGY = "celery_platform.turbo.worker.strategy:strategy"
# By pool type, of kombu's names for RabbitMQ: the module for any app, and the one for the project's own.
AMQP = {
    "turbo": ("celery_platform.transports.amqp.transport", "celery_platform.transports.amqp.guarded"),
    "threads": ("celery_platform.transports.amqp.transport", "celery_platform.transports.amqp.guarded"),
    "gevent": ("celery_platform.transports.amqp.green", "celery_platform.transports.amqp.guarded_green"),
}
CLASSES = {"amqp": "Transport", "pyamqp": "Transport", "amqps": "SecureTransport"}
REDIS = "celery_platform.transports.redis.transport:Transport"


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
    _replace_transports(_amqp("turbo", guarded) | {"redis": REDIS, "rediss": REDIS})
    settings = {"worker_consumer": f"celery_platform.turbo.worker.{'guarded' if guarded else 'consumer'}:Consumer"}
    app.conf.update(settings)
    app.loader.override_backends = app.loader.override_backends | {"redis": RESULTS, "rediss": RESULTS}
    app.Task.Strategy = STRATEGY
    for task in app._tasks.values():  # type: ignore[attr-defined] # those whose base is a class of the application's
        task.Strategy = STRATEGY
    app.steps["consumer"].add(Keepalive)


def install_transport(pool_type: str, *, guarded: bool = False) -> None:
    """Use the fast transport of RabbitMQ in this process's pool, of type `threads` or `gevent`. All else is Celery's.

    Example: `install_transport("gevent", guarded=True)`
    """
    if tested():
        _replace_transports(_amqp(pool_type, guarded))


def _amqp(pool_type: str, guarded: bool) -> dict[str, str]:
    module = AMQP[pool_type][guarded]
    return {scheme: f"{module}:{name}" for scheme, name in CLASSES.items()}


def _replace_transports(transports: dict[str, str]) -> None:
    """Replace them by alias, because kombu chooses by the scheme of the next URL when it fails over."""
    TRANSPORT_ALIASES.update(transports)
    found_before: dict[str, Any] = vars(transport)["_transport_cache"]
    for scheme in transports:
        found_before.pop(scheme, None)
