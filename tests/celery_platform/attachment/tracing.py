"""Running a task by Celery's own tracer in this process, as a worker's child runs it, and what became of it."""

from typing import Any

from celery import shared_task
from celery.app.trace import build_tracer
from celery_platform.attachment.guarantees import Guarantees
from celery_platform.dead_letters.time_limit import Request as PlatformRequest

RUN: list[Any] = []


@shared_task
def shared_before(number: int) -> int:
    """Declared before any instance was attached."""
    return number + 1


def quiet() -> str:
    """A task's function."""
    return "ran"


def trace(task: Any, *args: Any, retries: int = 0, propagate: bool = True) -> Any:
    """What Celery's tracer makes of one delivery: the value, or what it recorded."""
    request = {
        "id": "one",
        "args": list(args),
        "kwargs": {},
        "retries": retries,
        "is_eager": False,
        "delivery_info": {},
    }
    task.backend.mark_as_done = task.backend.mark_as_failure = lambda *_a, **_k: None
    tracer = build_tracer(task.name, task, eager=True, propagate=propagate, app=task.app)
    return tracer("one", list(args), {}, request).retval


def has_guarantees(task: Any) -> bool:
    """Once, and before whatever the task's own class does."""
    classes = type(task).__mro__
    return classes.count(Guarantees) == 1 and issubclass(task.Request if isinstance(task.Request, type) else object,
                                                         PlatformRequest)  # fmt: skip
