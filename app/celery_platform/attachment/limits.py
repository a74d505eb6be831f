"""The time limits of each task: its queue's, or shorter ones of its own."""

from typing import Any

from celery_platform.errors import ApplicationError
from celery_platform.reliability.idempotent import LEASE_OF_LIMIT
from celery_platform.routes import CELERYS_OWN, label_of
from celery_platform.settings import QueueSettings, Resolved


def apply_limits(app: Any, environment: Resolved) -> None:
    """Give every task of a worker the limits of its queue, where it has none that are shorter.

    Kept by prefork and turbo pools; threads cannot be interrupted, so what their tasks call has time-outs of its own.

    Raises:
        ApplicationError: a task has a longer limit than its queue, whose messages would be delivered twice, or no
            queue.

    Example: `apply_limits(celery, runtime().environment)`
    """
    problems = []
    for name, task in app.tasks.items():
        label = label_of(environment, name)
        if label is None:
            problems.append(f"{name} has no queue: add a pattern to application.routes, or application.default_queue")
            continue
        queue = environment.queues[_declared(task, environment) or label]
        for attribute, longest in (
            ("soft_time_limit", queue.soft_time_limit),
            ("time_limit", queue.hard_time_limit),
        ):
            own = getattr(task, attribute)
            if longest is None:
                continue  # its own limit, if it has one, is as good as any
            if own is not None and own > longest and not name.startswith(CELERYS_OWN):
                problems.append(f"{name} has {attribute}={own}, queue {queue.label} has {longest} s")
            setattr(task, attribute, min(own or longest, longest))
        if queue.hard_time_limit is None and task.time_limit is None and getattr(task.run, LEASE_OF_LIMIT, False):
            problems.append(f"{name} is idempotent without lease_seconds, and queue {queue.label} has no limit to take")
    if problems:
        raise ApplicationError(
            expected="each task to have a queue, and time limits within its queue's",
            found="; ".join(problems),
            remedy="Correct application.routes, or raise the queue's soft_time_limit_seconds, in the environment file; "
            "say lease_seconds of an idempotent task that has no limit.",
        )


def limits_of(queue: QueueSettings) -> dict[str, int]:
    """The limits of a message that a call sends to another queue than the task's own: a worker would not know them.

    Celery knows no message without a limit for a task that has one, so there the broker's patience stands for none.
    """
    if queue.soft_time_limit is None or queue.hard_time_limit is None:
        return {"soft_time_limit": queue.consumer_timeout, "time_limit": queue.consumer_timeout}
    return {"soft_time_limit": queue.soft_time_limit, "time_limit": queue.hard_time_limit}


def _declared(task: Any, environment: Resolved) -> str | None:
    """The queue that the task's own declaration names, `@app.task(queue="slow")`, where the environment has it."""
    queue = getattr(task, "queue", None)
    return queue if queue in environment.queues else None
