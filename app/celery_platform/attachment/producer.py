"""Celery's settings for a producer that does not attach: an old web process, a host without the platform's package.

Its tasks run with every guarantee, since those are the workers'. What is missing is what is refused at publish: a delay
beyond what the broker may hold, a message too large for it, a queue's limits for a call to another queue.
"""

import json
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from kombu import Queue

from celery_platform.attachment.configuration import configuration_of
from celery_platform.brokers import broker_of
from celery_platform.routes import default_queue
from celery_platform.settings import Runtime

# Where a URL's password belongs, when it is not empty: `settings["broker_url"].format(broker_password=...)`.
PLACES = {"broker_url": "broker_password", "result_backend": "results_password"}
_TAKEN_OVER = (
    "broker_url", "broker_use_ssl", "broker_connection_timeout", "result_backend", "redis_backend_use_ssl",
    "result_backend_transport_options", "result_expires", "result_extended", "result_serializer", "task_serializer",
    "accept_content", "task_publish_retry_policy", "task_create_missing_queues", "task_default_exchange_type",
    "task_default_queue_type",
)  # fmt: skip


def producer_settings(runtime: Runtime) -> dict[str, Any]:
    """What plain Celery needs, as JSON can say it; URLs hold `{broker_password}` or `{results_password}` in the place
    of what is secret.

    Example: `Celery("web").conf.update(producer_settings(runtime()))`, after its URLs got their passwords
    """
    ours = configuration_of(runtime)
    broker = broker_of(runtime)
    settings = {name: ours[name] for name in _TAKEN_OVER if name in ours}
    for name, secret in PLACES.items():
        settings[name] = without_password(str(settings[name]), secret)
    queues = [broker.queue(queue) for queue in runtime.environment.queues.values()]
    settings |= {
        "broker_transport_options": _sayable(broker.transport_options()),
        "task_queues": {str(queue.name): _described(queue) for queue in queues},
        "task_default_queue": default_queue(runtime.environment).name,
        # A list for each, because Celery asks exact names before patterns within one.
        "task_routes": [
            [[pattern, {"queue": runtime.environment.queues[label].name}]]
            for pattern, label in runtime.environment.routes
        ],
    }
    return dict(json.loads(json.dumps(settings, default=_said)))


def passwords(runtime: Runtime) -> dict[str, str]:
    """The name in Secrets Manager of each password that the URLs lack.

    Example: `passwords(runtime()) == {"broker_password": "celery-prod/broker-password"}`
    """
    settings = producer_settings(runtime)
    return {
        place: runtime.environment.secrets[place] for name, place in PLACES.items() if f"{{{place}}}" in settings[name]
    }


def without_password(urls: str, place: str) -> str:
    """The URLs with `{place}` where each has a password.

    Example: `without_password("amqp://me:secret@host//", "broker_password") == "amqp://me:{broker_password}@host//"`
    """
    return ";".join(_without_password(url, place) for url in urls.split(";"))


def _without_password(url: str, place: str) -> str:
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    user, has_password, _password = login.partition(":")
    if not has_password:
        return url
    return urlunsplit(parts._replace(netloc=f"{user}:{{{place}}}@{host}"))


def as_python(settings: dict[str, Any], secrets: dict[str, str]) -> str:
    """The settings as a module that `app.config_from_object` reads; passwords come from the process's environment."""
    lines = ['"""Celery\'s settings for a producer, printed by `app settings --producer --python`."""']
    if secrets:
        lines += ["", "import os", "from urllib.parse import quote", ""]
    for place, secret in secrets.items():
        lines += [f"# The secret {secret} of AWS Secrets Manager.",
                  f'{place} = quote(os.environ["{place.upper()}"], safe="")']  # fmt: skip
    for name, value in settings.items():
        place = PLACES.get(name, "")
        lines.append(f"{name} = {'f' if place in secrets else ''}{value!r}")
    return "\n".join(lines)


def _described(queue: Queue) -> dict[str, Any]:
    """As Celery's `task_queues` takes a queue in a mapping."""
    return {
        "exchange": queue.exchange.name,
        "exchange_type": queue.exchange.type,
        "routing_key": queue.routing_key,
        "durable": True,
        "queue_arguments": queue.queue_arguments,
        "alias": vars(queue)["alias"],
    }


def _sayable(options: dict[str, Any]) -> dict[str, Any]:
    """Without what only the platform's transports and consumers read."""
    return {name: value for name, value in options.items() if name not in ("drained_after", "queue_order_strategy")}


def _said(value: Any) -> Any:
    """`ssl.CERT_REQUIRED` is said as redis-py and kombu take it from a file: by its number."""
    return int(value)
