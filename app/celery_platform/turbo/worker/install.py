"""Making a Celery app's worker a turbo one."""

from typing import Any

from celery import Celery
from kombu import transport
from kombu.transport import TRANSPORT_ALIASES

from app.turbo.versions import tested
from app.turbo.worker.keepalive import Keepalive

RESULTS = "app.turbo.results.backend:RedisBackend"
# By pool type, of kombu's names for RabbitMQ: the module for any app, and the one for the project's own.
AMQP = {
    "turbo": ("app.turbo.amqp.transport", "app.turbo.amqp.guarded"),
    "threads": ("app.turbo.amqp.transport", "app.turbo.amqp.guarded"),
    "gevent": ("app.turbo.amqp.green", "app.turbo.amqp.guarded_green"),
}
CLASSES = {"amqp": "Transport", "pyamqp": "Transport", "amqps": "SecureTransport"}
REDIS = "app.turbo.redis.transport:Transport"


def install(app: Celery, *, guarded: bool = False) -> None:
    """Use the fast paths in this process's worker, or stock code where they are not tested with what is installed.

    `guarded` puts app/guards around connection and consumer, which read the environment of the project's own app. Those
    of Redis read nothing of it and are always there.
    """
    # Celery's command line takes a pool of its own list only, but leaves the choice to this setting.
    settings: dict[str, Any] = {"worker_pool": "app.turbo.worker.pool:TaskPool", "worker_concurrency": 1}
    app.conf.update(settings)
    if not tested():
        return
    _replace_transports(_amqp("turbo", guarded) | {"redis": REDIS, "rediss": REDIS})
    settings = {"worker_consumer": f"app.turbo.worker.{'guarded' if guarded else 'consumer'}:Consumer"}
    app.conf.update(settings)
    app.loader.override_backends = app.loader.override_backends | {"redis": RESULTS, "rediss": RESULTS}
    app.Task.Strategy = "app.turbo.worker.strategy:strategy"
    app.steps["consumer"].add(Keepalive)


def install_transport(pool_type: str, *, guarded: bool = False) -> None:
    """Use the fast transport of RabbitMQ in this process's `threads` or `gevent` pool; all else there is Celery's."""
    if tested():
        _replace_transports(_amqp(pool_type, guarded))


def _amqp(pool_type: str, guarded: bool) -> dict[str, str]:
    module = AMQP[pool_type][guarded]
    return {scheme: f"{module}:{name}" for scheme, name in CLASSES.items()}


def _replace_transports(transports: dict[str, str]) -> None:
    """By alias, because kombu goes by a URL's scheme when it fails over, whatever transport it had before."""
    TRANSPORT_ALIASES.update(transports)
    found_before: dict[str, Any] = vars(transport)["_transport_cache"]
    for scheme in transports:
        found_before.pop(scheme, None)
