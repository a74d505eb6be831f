"""The group of a message on SQS. Messages of a group run in order, and those that follow from one stay in it."""

from typing import Any

# SQS's name for it, and kombu's publish option: `task.apply_async(..., MessageGroupId="customer-7")`.
OPTION = "MessageGroupId"


def group_of(request: Any) -> dict[str, Any]:
    """Return the option that keeps a retried, dead-lettered or replayed message in its group; empty without a group.

    Example: `task.retry(**group_of(task.request))`
    """
    # Celery's request of a task that did not run (`celery.worker.request.Request`) has no properties.
    group = (getattr(request, "properties", None) or {}).get(OPTION)
    return {OPTION: group} if group else {}
