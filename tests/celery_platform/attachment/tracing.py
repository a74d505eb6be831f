"""Run a task with Celery's own tracer in this process, as a worker's child does, and get its outcome."""

from typing import Any

from celery import shared_task
from celery.app.trace import build_tracer
from celery_platform.attachment.guarantees import Guarantees
from celery_platform.settlement.request import Request as PlatformRequest

RUN: list[Any] = []


@shared_task
def shared_before(number: int) -> int:
    """A task that is declared before any instance is attached."""
    return number + 1


def quiet() -> str:
    """A task's function."""
    return "ran"


def trace(task: Any, *args: Any, retries: int = 0, propagate: bool = True) -> Any:
    """The result of Celery's tracer for one delivery: the value, or the recorded error."""
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
    """Whether the task has the guarantees exactly once, before the methods of its own class."""
    classes = type(task).__mro__
    return classes.count(Guarantees) == 1 and issubclass(task.Request if isinstance(task.Request, type) else object,
                                                         PlatformRequest)  # fmt: skip
