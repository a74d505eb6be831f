"""Add the running task's fields to every log line, whichever library logs it."""

import sys
from typing import Any

from celery import current_task
from structlog.typing import EventDict

from celery_platform.observability.outcome import Outcome
from celery_platform.routes import label_of_request
from celery_platform.settings import runtime

# Celery adds a task's arguments, which are user data, to its own lines under this name.
CELERY_DATA = "data"
# The log record of an outcome has its fields in a mapping of this name. In the written line they are top-level fields.
FIELDS = "outcome_fields"


class TaskContext:
    """A structlog processor that adds the environment's name and the fields of the current task to each line."""

    def __init__(self, environment: str) -> None:
        self._environment = environment

    def __call__(self, _: Any, __: str, event: EventDict) -> EventDict:
        """Add the fields that the line does not have."""
        event.pop(CELERY_DATA, None)
        event.update(event.pop(FIELDS, {}))
        event.setdefault("environment", self._environment)
        if "task_id" not in event and current_task:
            event.update(task_fields(current_task.name, current_task.request))
        event.setdefault("trace_id", trace_id())
        return event


def task_fields(name: str, request: Any) -> dict[str, Any]:
    """The fields that identify an attempt. `root_id` is the same for all tasks that one task called."""
    return {
        "task_id": request.id,
        "task_name": name,
        "queue": label_of_request(runtime().environment, name, request),
        "attempt": (request.retries or 0) + 1,
        "worker_hostname": request.hostname,
        "root_id": request.root_id,
    }


def outcome_fields(outcome: Outcome) -> dict[str, Any]:
    """The fields of an outcome's line; a duration is `None` if it is not known."""
    return task_fields(outcome.task, outcome.request) | {
        "task_id": outcome.task_id,
        "outcome": outcome.state,
        "duration_ms": _milliseconds(outcome.run_seconds),
        "wait_ms": _milliseconds(outcome.wait_seconds),
    }


def trace_id() -> str | None:
    """The id of the current trace; `None` without tracing, which is then not imported."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
