"""Which types the headers of a task's message have, so that nothing after this asks again.

Celery reads them unchecked (`celery.worker.request.Request`, `celery.worker.strategy`): a `retries` that is a text
fails in the middle of a retry, and a missing `id` ends the worker's connection to Redis, whose errors include KeyError.
The types are those of Celery's message protocol 2 (docs.celeryq.dev/en/latest/internals/protocol.html).
"""

from collections.abc import Mapping
from typing import Any

_TEXT, _TEXT_OR_NONE, _NUMBER = (str,), (str, type(None)), (int, float, type(None))
TYPES: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("task", _TEXT), ("id", _TEXT), ("retries", (int, type(None))), ("eta", _TEXT_OR_NONE), ("expires", _TEXT_OR_NONE),
    ("root_id", _TEXT_OR_NONE), ("parent_id", _TEXT_OR_NONE), ("group", _TEXT_OR_NONE), ("shadow", _TEXT_OR_NONE),
    ("group_index", (int, type(None))), ("timelimit", (list, tuple, type(None))), ("stamps", (dict, type(None))),
    ("stamped_headers", (list, tuple, type(None))), ("replaced_task_nesting", (int, type(None))),
    ("ignore_result", (bool, int, type(None))), ("origin", _TEXT_OR_NONE), ("lang", _TEXT_OR_NONE),
    ("argsrepr", _TEXT_OR_NONE), ("kwargsrepr", _TEXT_OR_NONE),
)  # fmt: skip


def wrong_header(headers: Mapping[str, Any]) -> str:
    """What is wrong with a message's headers, in words; empty where Celery can work with them.

    Example: `wrong_header({"task": "a", "id": "1", "retries": "x"}) == "the header retries is 'x', of type str"`
    """
    get = headers.get
    for name, types in TYPES:
        if not isinstance(get(name), types):
            return f"the header {name} is {str(get(name))[:50]!r}, of type {type(get(name)).__name__}"
    limits = get("timelimit")
    if limits and not (len(limits) == 2 and all(isinstance(each, _NUMBER) for each in limits)):
        return f"the header timelimit is {str(limits)[:50]}, not two numbers of seconds"
    if get("stamped_headers") and not all(isinstance(each, str) for each in headers["stamped_headers"]):
        return f"the header stamped_headers is {str(get('stamped_headers'))[:50]}, not a list of names"
    return ""
