"""The group of a message on SQS, in which messages run in order: what follows from a message stays in its group."""

from typing import Any

# SQS's word, and kombu's option of a publish: `task.apply_async(..., MessageGroupId="customer-7")`.
OPTION = "MessageGroupId"


def group_of(request: Any) -> dict[str, Any]:
    """The option with which a retry, a dead letter or a message sent again stays in the group; nothing without one.

    Example: `task.retry(**group_of(task.request))`
    """
    group = (getattr(request, "properties", None) or {}).get(OPTION)
    return {OPTION: group} if group else {}
