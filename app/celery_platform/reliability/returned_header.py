"""The headers in which a dead-lettered message keeps what its task returned (`continuation.py`), for those who read it.

Without kombu, which no reader of dead-lettered messages has to load.
An application may copy the headers of the task that runs to what that publishes, to hand on a tenant or a trace. So a
second header names the message that the value belongs to: in any other message it means nothing.
"""

from collections.abc import Mapping
from typing import Any

# Not among those that a replay drops (`dead_letters.replaying.DROPPED_PREFIXES`).
RETURNED, OF = "x-returned", "x-returned-of"
# In the reason, behind the error.
ONLY_WHAT_FOLLOWS = "(the task itself succeeded: a replay publishes what follows it, and does not run it again)"


def returned_header(task: str, task_id: str, text: str) -> dict[str, str]:
    """Return the headers for what the body of a task returned, as JSON.

    Example: `returned_header("a", "1", "7") == {"x-returned": "7", "x-returned-of": "a[1]"}`
    """
    return {RETURNED: text, OF: f"{task}[{task_id}]"}


def returned_before(headers: Mapping[str, Any] | None, task: str, task_id: str) -> str | None:
    """Return what the body returned at an earlier attempt, as JSON; `None` where this message's headers do not say.

    Example: `returned_before({"x-returned": "7", "x-returned-of": "a[1]"}, "a", "1") == "7"`
    """
    found = headers or {}
    text = found.get(RETURNED)
    return text if isinstance(text, str) and found.get(OF) == f"{task}[{task_id}]" else None
