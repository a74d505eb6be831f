"""The dead-lettered message of a task that succeeded and whose next step could not be published.

Its replay must not have the effect a second time. So the message keeps what the body returned, in a header that a
replay sends along, and a task that receives such a message returns that in place of running its body. Celery then does
what is left: it publishes links, the rest of a chain or a chord's body, and stores the result.
A value that is longer than `MAX_RETURNED_BYTES`, or is no JSON, is not kept; nor is any where the message has no room,
nor one that JSON changes (a tuple, a key that is a number) where an application also uses other serializers, with which
its next step would receive it unchanged. The body then runs again at a replay.
"""

from typing import Any

from kombu.utils.json import dumps, loads

from celery_platform.reliability.errors import NEVER_PUBLISHED
from celery_platform.reliability.returned_header import returned_header

MAX_RETURNED_BYTES = 4_000


def kept(task: str, task_id: str, returned: Any, error: BaseException, *, only_json: bool = True) -> dict[str, str]:
    """Return the headers for a body that returned `returned`, after which `error` was raised; empty where none is kept.

    `only_json` is false where the next step may have another serializer.
    An error of the next step itself, such as one that is too large, is none that a replay would not meet again.

    Example: `kept("a", "1", 7, PublishError("SQS", "nothing", "again"))["x-returned"] == "7"`
    """
    if isinstance(error, NEVER_PUBLISHED):
        return {}
    try:
        text = str(dumps(returned))
        if not only_json and value_of(text) != returned:
            return {}
    except Exception:  # not JSON, nested too deep, or whatever a `__json__` of the application's raises
        return {}
    return returned_header(task, task_id, text) if len(text) <= MAX_RETURNED_BYTES else {}


def value_of(text: str) -> Any:
    """Return the value that was kept, as the next step would receive it.

    Example: `value_of('{"number": 7}') == {"number": 7}`
    """
    return loads(text)
