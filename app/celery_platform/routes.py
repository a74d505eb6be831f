"""Which queue carries which task: the environment's ordered patterns, else its default queue."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from celery_platform.errors import RefusedMessageError, SettingsError
from celery_platform.settings import QueueSettings, Resolved, runtime

# Celery's own tasks: celery.chord_unlock, celery.backend_cleanup and others.
CELERYS_OWN = "celery."
# Those that run another task's function many times, and go where that task goes.
MANY_CALLS = frozenset({"celery.map", "celery.starmap", "celery.chunks"})
# What Celery knows as a message's address beside its queue.
ADDRESS = frozenset({"exchange", "exchange_type", "routing_key", "redelivered"})
# Celery copies the whole of a message's `delivery_info` into the options of its retry.
RETRIED = "redelivered"
MOST_KNOWN = 10_000  # pairs of routing key and task whose queue is remembered: it is asked for several times a task


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


def label_of_request(environment: Resolved, task: str, request: Any) -> str | None:
    """The label of the queue that a message came from, which a call may have chosen; the task's own where that is not
    known, `None` where it has none.

    A delayed message's routing key has the bits of its delay before the queue's label (RabbitMQ).
    """
    delivery: Mapping[str, Any] = getattr(request, "delivery_info", None) or {}
    key = (str(delivery.get("routing_key") or ""), task)
    known = environment.known_labels
    if key not in known:
        if len(known) >= MOST_KNOWN:
            known.clear()
        found = queue_by_routing_key(environment, key[0])
        known[key] = label_of(environment, task) if found is None else found.label
    return known[key]


def queue_by_routing_key(environment: Resolved, key: str) -> QueueSettings | None:
    """The queue that a routing key leads to; `None` where it is none of the environment's.

    Example: `queue_by_routing_key(environment, "0.0.1.email").label == "email"`
    """
    names = (key, key.rpartition(".")[2])
    return next((found for name in names if (found := named(environment, name)) is not None), None)


def queue_of_request(environment: Resolved, task: str, request: Any) -> QueueSettings:
    """The queue of `label_of_request`.

    Raises:
        SettingsError: as `queue_of`.
    """
    label = label_of_request(environment, task, request)
    return queue_of(environment, task) if label is None else environment.queues[label]


def named(environment: Resolved, queue: Any) -> QueueSettings | None:
    """The queue that an application names: by its label, by its name on the broker, or as kombu's Queue.

    Example: `named(environment, "email") is environment.queues["email"]`
    """
    name = getattr(queue, "name", queue)
    return environment.queues.get(name) or environment.queue_named(name)


def with_own_routes(app: Any, environment: Resolved) -> Resolved:
    """The environment whose routes begin with what the application itself says of each task that it has.

    For a worker, which knows its tasks: what it counts and limits for each is then the queue's that the task goes to.
    """
    own = ((task, own_label(app, environment, task)) for task in app.tasks)
    routes = tuple((escaped(task), label) for task, label in own if label)
    return replace(environment, routes=routes + environment.routes)


def name_for_route(asked: str, task: str, kwargs: Mapping[str, Any] | None) -> str:
    """The name by which a call of `task` is routed: `asked`, but of a `map`, `starmap` or `chunks` the task it calls.

    Example: `name_for_route("celery.starmap", "celery.starmap", {"task": add.s(), "it": [(1, 2)]}) == "sums.add"`
    """
    called = (kwargs or {}).get("task") if task in MANY_CALLS else None
    name = called.get("task") if isinstance(called, Mapping) else getattr(called, "name", None)
    return str(name or asked)


def own_label(app: Any, environment: Resolved, task: str) -> str | None:
    """The queue's label that the application names for a task, in its declaration or in `task_routes`; `None` where it
    names none that the environment has, or decides for each call (a router that is a function of the arguments).
    """
    asked = own_queue(app, task)
    queue = None if asked is None else named(environment, asked)
    if queue is not None or label_by_pattern(environment, task) is not None or task.startswith(CELERYS_OWN):
        return None if queue is None else queue.label
    return own_default(app, environment)


def own_queue(app: Any, task: str) -> Any:
    """What the application names as a task's queue, by name, label or as kombu's Queue; `None` where it names none."""
    declared = getattr(app._tasks.get(task), "queue", None)
    if declared is not None:
        return declared
    try:
        return _own_route(app, task, {}).get("queue")
    except Exception:  # a router that wants arguments
        return None


def label_by_pattern(environment: Resolved, task: str) -> str | None:
    """The label that `application.routes` names for a task, its default left out: neither `default_queue` nor a last
    pattern that matches every task.
    """
    return _label_of(_patterns(environment.routes), None, task)


@lru_cache(maxsize=10)
def _patterns(routes: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(route for route in routes if route[0] != "*")


def own_default(app: Any, environment: Resolved) -> str | None:
    """The label of the application's own `task_default_queue`; `None` where it states none.

    Raises:
        SettingsError: the environment has no such queue.
    """
    stated = app.conf.task_default_queue
    if stated == default_queue(environment).name:  # the platform's value
        return None
    queue = named(environment, stated)
    if queue is None:
        raise SettingsError(
            expected=f"task_default_queue to be one of: {', '.join(environment.queues)}",
            found=repr(stated),
            remedy="Take it out, name one of them, or add the queue to `queues` of the environment file.",
        )
    return queue.label


def routed(app: Any, task: str, options: Mapping[str, Any], args: Any = None, kwargs: Any = None) -> dict[str, Any]:
    """A call's options with the queue of the message that it retries, or with what the application's `task_routes` add.

    Celery retries a message to where it came from, which it knows as exchange and routing key, beside the queue that
    the task declares. `task_routes` are asked once, since a router may be a function that counts.
    """
    if RETRIED in options:
        came_from = queue_by_routing_key(runtime().environment, str(options.get("routing_key") or ""))
        if came_from is not None:
            return {**options, "queue": came_from.name}
    if options.get("queue") is not None:
        return dict(options)
    return {**_own_route(app, task, options, args, kwargs), **options}


def addressed(options: Mapping[str, Any]) -> dict[str, Any]:
    """A call's options without an address of its own: the queue alone says where a message goes."""
    return {name: value for name, value in options.items() if name not in ADDRESS}


def queue_of_call(app: Any, task: str, options: Mapping[str, Any]) -> QueueSettings:
    """The queue that a call goes to: the one it names, by label or by name, else the task's own.

    Asked in this order: the message that is retried; the call and the task's declaration; the application's
    `task_routes`; `application.routes` of the environment file; the application's `task_default_queue`;
    `application.default_queue`.

    Raises:
        RefusedMessageError: it names a queue that the environment does not have.
        SettingsError: as `queue_of`.
    """
    return queue_of_routed(app, task, routed(app, task, options))


def queue_of_routed(app: Any, task: str, options: Mapping[str, Any]) -> QueueSettings:
    """As `queue_of_call`, of options that `routed` returned."""
    environment = runtime().environment
    asked = options.get("queue")
    if asked is None and options.get("routing_key"):
        asked = queue_by_routing_key(environment, str(options["routing_key"])) or options["routing_key"]
    if asked is None:
        default = None if label_by_pattern(environment, task) else own_default(app, environment)
        own = not task.startswith(CELERYS_OWN) and default
        return environment.queues[own] if own else queue_of(environment, task)
    found = named(environment, asked)
    if found is None:
        raise RefusedMessageError(
            expected=f"{task} to go to a queue of environment {environment.name}",
            found=f"queue {getattr(asked, 'name', asked)!r}",
            remedy=f"Use one of: {', '.join(environment.queues)}; or add it to `queues` of the environment file.",
        )
    return overtaken_by(environment, found)


def overtaken_by(environment: Resolved, queue: QueueSettings) -> QueueSettings:
    """The queue whose urgent messages this one carries; the queue itself where it carries no other's."""
    return next((each for each in environment.queues.values() if each.high_priority_queue == queue.label), queue)


def escaped(task: str) -> str:
    """The pattern that matches this name alone.

    Example: `escaped("a[1]") == "a[[]1]"`
    """
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in task)


def _own_route(
    app: Any, task: str, options: Mapping[str, Any], args: Any = None, kwargs: Any = None
) -> Mapping[str, Any]:
    """What the application's own `task_routes` say, which may be functions of a call."""
    if not app.conf.task_routes:
        return {}
    found = app.amqp.router.lookup_route(task, args or (), kwargs or {}, dict(options), app._tasks.get(task))
    return {"queue": found} if isinstance(found, str) else dict(found or {})
