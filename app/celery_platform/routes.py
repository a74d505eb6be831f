"""Which queue carries which task: the environment's ordered patterns, else its default queue."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from celery_platform.errors import RefusedMessageError, SettingsError
from celery_platform.settings import QueueSettings, Resolved, runtime

# Celery's own tasks: celery.chord_unlock, celery.backend_cleanup and others.
CELERYS_OWN = "celery."


def queue_of(environment: Resolved, task: str) -> QueueSettings:
    """The queue of a task.

    Raises:
        SettingsError: no route matches the task's name and there is no default queue.

    Example: `queue_of(environment, "orders.tasks.ship").label == "orders"`
    """
    label = label_of(environment, task)
    if label is None:
        raise SettingsError(
            expected=f"a queue for task {task}",
            found="no route that matches, and no default queue",
            remedy="Add a pattern to application.routes, or application.default_queue, in the environment file, "
            "and run `make render`.",
        )
    return environment.queues[label]


def default_queue(environment: Resolved) -> QueueSettings:
    """The queue of what no route matches; Celery's own tasks have one, too, where none is named: the first."""
    return environment.queues[environment.default_queue or next(iter(environment.queues))]


def label_of(environment: Resolved, task: str) -> str | None:
    """The label of a task's queue; `None` where it has none."""
    label = _label_of(environment.routes, environment.default_queue, task)
    return default_queue(environment).label if label is None and task.startswith(CELERYS_OWN) else label


@lru_cache(maxsize=10_000)
def _label_of(routes: tuple[tuple[str, str], ...], default: str | None, task: str) -> str | None:
    return next((label for pattern, label in routes if fnmatchcase(task, pattern)), default)


def queue_of_request(environment: Resolved, task: str, request: Any) -> QueueSettings:
    """The queue that a message came from, which a call may have chosen; the task's own where that is not known.

    A delayed message's routing key has the bits of its delay before the queue's label (RabbitMQ).
    """
    delivery: Mapping[str, Any] = getattr(request, "delivery_info", None) or {}
    key = str(delivery.get("routing_key") or "")
    for name in (key, key.rpartition(".")[2]):
        found = environment.queues.get(name) or environment.queue_named(name)
        if found is not None:
            return found
    return queue_of(environment, task)


def queue_of_call(app: Any, task: str, options: Mapping[str, Any]) -> QueueSettings:
    """The queue that a call goes to: the one it names, by label or by name, else the task's own.

    Raises:
        RefusedMessageError: it names a queue that the environment does not have.
        SettingsError: as `queue_of`.
    """
    environment = runtime().environment
    asked = options.get("queue")
    if asked is None:
        asked = _own_route(app, task, options).get("queue")
    if asked is None:
        return queue_of(environment, task)
    name = getattr(asked, "name", asked)
    found = environment.queues.get(name) or environment.queue_named(name)
    if found is None:
        raise RefusedMessageError(
            expected=f"{task} to go to a queue of environment {environment.name}",
            found=f"queue {name!r}",
            remedy=f"Use one of: {', '.join(environment.queues)}; or add queues.{name} to the environment file.",
        )
    return found


def _own_route(app: Any, task: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the application's own `task_routes` say, which may be functions of a call."""
    if not app.conf.task_routes:
        return {}
    return app.amqp.router.lookup_route(task, options=dict(options)) or {}
