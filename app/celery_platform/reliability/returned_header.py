"""The header in which a dead-lettered message keeps what its task returned (`continuation.py`), for those who read it.

Without kombu, which no reader of dead-lettered messages has to load.
"""

from collections.abc import Mapping
from typing import Any

# Not among those that a replay drops (`dead_letters.replaying.DROPPED_PREFIXES`).
RETURNED = "x-returned"
# In the reason, behind the error.
ONLY_WHAT_FOLLOWS = "(the task itself succeeded: a replay publishes what follows it, and does not run it again)"


def returned_before(headers: Mapping[str, Any] | None) -> str | None:
    """Return what the body returned at an earlier attempt, as JSON; `None` where the message does not say.

    Example: `returned_before({"x-returned": "7"}) == "7"`
    """
    text = (headers or {}).get(RETURNED)
    return text if isinstance(text, str) else None
