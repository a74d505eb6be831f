"""The time limits of each task: those of its queue, or shorter ones of its own."""

from collections.abc import Mapping
from typing import Any

from celery_platform.errors import ApplicationError
from celery_platform.reliability.idempotent import LEASE_OF_LIMIT
from celery_platform.routes import CELERYS_OWN, label_by_pattern, label_of, named, own_label, own_queue
from celery_platform.settings import QueueSettings, Resolved

# The attribute of a task with the limits that come from its queue and not from its declaration.
_FROM_QUEUE = "limits_of_its_queue"
# The attribute of an application with the usual queue of each task that it sends, and the routes this is based on.
_USUAL = "_platform_usual_labels"
OPTIONS = ("soft_time_limit", "time_limit")


def apply_limits(app: Any, environment: Resolved) -> None:
    """Give every task of a worker the limits of its queue, unless it has shorter ones.

    Prefork and turbo pools enforce them. Threads cannot be interrupted, so whatever their tasks call needs timeouts.

    Args:
        app: an application whose tasks are all registered.
        environment: the environment with the application's own routes (`routes.with_own_routes`).

    Raises:
        ApplicationError: a task has a longer limit than its queue, so that its messages would be delivered again; or an
            idempotent task has neither a limit nor a lease; or a task has no queue.

    Example: `apply_limits(celery, with_own_routes(celery, runtime().environment))`
    """
    problems = []
    for name, task in app.tasks.items():
        label = label_of(environment, name)
        if label is None:
            problems.append(f"{name} has no queue: add a pattern to application.routes, or application.default_queue")
            continue
        queue = environment.queues[label]
        if not name.startswith(CELERYS_OWN):
            problems += [
                f"{name} has {option}={own}, queue {label} has {longest} s"
                for option, longest in _longest(queue).items()
                if longest is not None and (own := getattr(task, option)) is not None and own > longest
            ]
        _give(task, queue)
        if task.time_limit is None and getattr(task.run, LEASE_OF_LIMIT, False):
            problems.append(f"{name} is idempotent without lease_seconds, and queue {label} has no time limit either")
    if problems:
        raise ApplicationError(
            expected="each task to have a queue, and time limits within its queue's",
            found="; ".join(problems),
            remedy="Correct application.routes, or raise the queue's soft_time_limit_seconds, in the environment file; "
            "set lease_seconds of an idempotent task without a limit.",
        )


def refuse_wrong_routes(app: Any, environment: Resolved) -> None:
    """Compare the application's routes with those of the environment file.

    If they differed, an attached producer would follow the application, and other producers would follow the file.

    Raises:
        ApplicationError: a task has two different queues, or one that the environment does not have.

    Example: `refuse_wrong_routes(celery, runtime().environment)`
    """
    tasks = [name for name in app.tasks if not name.startswith(CELERYS_OWN)]
    nowhere = [
        f"{name} goes to {getattr(asked, 'name', asked)!r}"
        for name in tasks
        if (asked := own_queue(app, name)) is not None and named(environment, asked) is None
    ]
    if nowhere:
        raise ApplicationError(
            expected=f"task_routes and declarations to name queues of the environment: {', '.join(environment.queues)}",
            found="; ".join(nowhere),
            remedy="Name one of them, or add the queue to `queues` of the environment file.",
        )
    both = {name: (own_label(app, environment, name), label_by_pattern(environment, name)) for name in tasks}
    problems = [
        f"{name} goes to {own} by the application's task_routes or declaration, and to {of_file} by application.routes"
        for name, (own, of_file) in both.items()
        if own and of_file and own != of_file
    ]
    if problems:
        raise ApplicationError(
            expected="one route for each task",
            found=f"two routes for one task: {'; '.join(problems)}",
            remedy="Remove one of the two.",
        )


def limits_of_call(app: Any, queue: QueueSettings, task: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The limits in a message: none that its task already has from its queue.

    A message to another queue than the task's gets that queue's limits, because the broker applies its time budget.

    Example: `limits_of_call(app, slow, "orders.tasks.ship", {}) == {"soft_time_limit": 1200, "time_limit": 1210}`
    """
    known = app._tasks.get(task)
    from_queue = getattr(known, _FROM_QUEUE, {})
    given = {option: options.get(option) for option in OPTIONS}
    given = {option: None if value == from_queue.get(option) else value for option, value in given.items()}
    if queue.label == _usual_label(app, task):
        return given
    # A message cannot remove the limit of its task, so the broker's consumer timeout is used as "no limit".
    return {option: given[option] or longest or queue.consumer_timeout for option, longest in _longest(queue).items()}


def _usual_label(app: Any, task: str) -> str | None:
    from celery_platform.settings import runtime

    environment = runtime().environment
    routes = app.conf.task_routes
    of_routes, known = vars(app).get(_USUAL, (None, None))
    if known is None or of_routes is not routes:
        known = {}
        vars(app)[_USUAL] = (routes, known)
    # Only once per task, because an application's router may have side effects.
    if task not in known:
        known[task] = own_label(app, environment, task) or label_of(environment, task)
    label: str | None = known[task]
    return label


def _longest(queue: QueueSettings) -> dict[str, int | None]:
    return {"soft_time_limit": queue.soft_time_limit, "time_limit": queue.hard_time_limit}


def _give(task: Any, queue: QueueSettings) -> None:
    """Set the queue's limits unless the task declares its own. The soft limit precedes the hard one as in the queue."""
    soft, hard, given = task.soft_time_limit, task.time_limit, {}
    if queue.hard_time_limit is None or queue.soft_time_limit is None:
        return  # the task's own limits, if any, are kept
    spare = queue.hard_time_limit - queue.soft_time_limit
    if hard is None:
        given["time_limit"] = queue.hard_time_limit
    if soft is None:
        given["soft_time_limit"] = min(queue.soft_time_limit, max(1, (hard or queue.hard_time_limit) - spare))
    vars(task)[_FROM_QUEUE] = given
    for option, value in given.items():
        setattr(task, option, value)
