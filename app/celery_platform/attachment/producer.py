"""Celery's settings for a producer that does not attach, such as one without the platform's package.

Its tasks run with every guarantee, because workers provide those. Only the checks at publishing are missing: too long a
delay, too large a message, and the limits of a queue that is not the task's own.
"""

import json
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from kombu import Queue

from celery_platform.attachment.configuration import configuration_of
from celery_platform.brokers import broker_of
from celery_platform.routes import default_queue
from celery_platform.settings import Runtime

# Settings with a URL, and the placeholder of its password: `settings["broker_url"].format(broker_password=...)`.
PLACEHOLDERS = {"broker_url": "broker_password", "result_backend": "results_password"}
_TAKEN_OVER = (
    "broker_url", "broker_use_ssl", "broker_connection_timeout", "result_backend", "redis_backend_use_ssl",
    "result_backend_transport_options", "result_expires", "result_extended", "result_serializer", "task_serializer",
    "accept_content", "task_publish_retry_policy", "task_create_missing_queues", "task_default_exchange_type",
    "task_default_queue_type",
)  # fmt: skip


def producer_settings(runtime: Runtime) -> dict[str, Any]:
    """The settings that plain Celery needs, as JSON values.

    URLs contain the placeholder `{broker_password}` or `{results_password}` instead of a password.

    Example: `Celery("web").conf.update(producer_settings(runtime()))`, after its URLs got their passwords
    """
    ours = configuration_of(runtime)
    broker = broker_of(runtime)
    settings = {name: ours[name] for name in _TAKEN_OVER if name in ours}
    for name, secret in PLACEHOLDERS.items():
        settings[name] = without_password(str(settings[name]), secret)
    queues = [broker.queue(queue) for queue in runtime.environment.queues.values()]
    settings |= {
        "broker_transport_options": _for_plain_celery(broker.transport_options()),
        "task_queues": {str(queue.name): _described(queue) for queue in queues},
        "task_default_queue": default_queue(runtime.environment).name,
        # One list per route, because within a list Celery prefers exact names to patterns.
        "task_routes": [
            [[pattern, {"queue": runtime.environment.queues[label].name}]]
            for pattern, label in runtime.environment.routes
        ],
    }
    return dict(json.loads(json.dumps(settings, default=_as_number)))


def passwords(runtime: Runtime) -> dict[str, str]:
    """The name in Secrets Manager of each password in the URLs, by placeholder.

    Example: `passwords(runtime()) == {"broker_password": "celery-prod/broker-password"}`
    """
    settings = producer_settings(runtime)
    return {
        place: runtime.environment.secrets[place]
        for name, place in PLACEHOLDERS.items()
        if f"{{{place}}}" in settings[name]
    }


def without_password(urls: str, place: str) -> str:
    """The URLs with the placeholder `{place}` instead of their passwords.

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
    """The settings as a module for `app.config_from_object`. It reads passwords from the process's environment."""
    lines = ['"""Celery\'s settings for a producer, printed by `app settings --producer --python`."""']
    if secrets:
        lines += ["", "import os", "from urllib.parse import quote", ""]
    for place, secret in secrets.items():
        lines += [f"# The secret {secret} of AWS Secrets Manager.",
                  f'{place} = quote(os.environ["{place.upper()}"], safe="")']  # fmt: skip
    for name, value in settings.items():
        place = PLACEHOLDERS.get(name, "")
        lines.append(f"{name} = {'f' if place in secrets else ''}{value!r}")
    return "\n".join(lines)


def _described(queue: Queue) -> dict[str, Any]:
    """A queue in the form of Celery's `task_queues` mapping."""
    return {
        "exchange": queue.exchange.name,
        "exchange_type": queue.exchange.type,
        "routing_key": queue.routing_key,
        "durable": True,
        "queue_arguments": queue.queue_arguments,
        "alias": vars(queue)["alias"],
    }


def _for_plain_celery(options: dict[str, Any]) -> dict[str, Any]:
    """The options without those that only the platform's transports and consumers read."""
    return {name: value for name, value in options.items() if name not in ("drained_after", "queue_order_strategy")}


def _as_number(value: Any) -> Any:
    """Encode `ssl.CERT_REQUIRED` as its number, which redis-py and kombu accept."""
    return int(value)
