"""The headers that say why a message is dead-lettered, no larger than what every message leaves free for them."""

import json
import time
import traceback
from typing import Any

from celery_platform.refusals.size import CUT, DEAD_LETTERED, NO_TRACEBACK
from celery_platform.reliability.ends import printable, reason_of
from celery_platform.reliability.returned_header import OF, RETURNED

REASON, TRACEBACK, MAX_CHARACTERS = "x-dead-letter-reason", "x-dead-letter-traceback", 1_000
# As JSON, in which a character beyond ASCII takes 6 or 12 bytes. Together they fit into what a retry leaves
# (`refusals.size.ROOM_OF_A_RETRY`).
MAX_REASON_BYTES, MAX_TRACEBACK_BYTES = 2_500, 8_500
MAX_BYTES_IF_CUT = 100


def reasons(error: Exception, queue: str, *, attempts: int) -> dict[str, Any]:
    """Return the headers that say why a message of `queue`, a queue's name on the broker, failed."""
    trace = printable("".join(traceback.format_exception(error)))
    return {
        REASON: begin_of(reason_of(error)[:MAX_CHARACTERS], MAX_REASON_BYTES),
        TRACEBACK: end_of(trace, MAX_TRACEBACK_BYTES),
        "x-dead-letter-attempts": attempts,
        "x-dead-letter-queue": queue,
        DEAD_LETTERED: time.time(),
    }


def without_traceback(why: dict[str, Any]) -> dict[str, Any]:
    """The same for a message that has room for what the body returned, whose replay must not run it, if this goes.

    Example: `without_traceback(reasons(ValueError("x"), "celery-prod-email", attempts=1))["x-dead-letter-cut"]`
    """
    return {name: value for name, value in why.items() if name != TRACEBACK} | {CUT: NO_TRACEBACK}


def cut(why: dict[str, Any], what: str) -> dict[str, Any]:
    """The same for a message that has no room: without what the body returned and the traceback, the reason cut.

    `what` says what message this is, `refusals.size.MADE_ANEW` or `AS_IT_CAME`.

    Example: `cut(reasons(ValueError("x" * 999), "celery-prod-email", attempts=1), AS_IT_CAME)["x-dead-letter-cut"]`
    """
    kept = {name: value for name, value in why.items() if name not in (TRACEBACK, RETURNED, OF)}
    return kept | {REASON: begin_of(why[REASON], MAX_BYTES_IF_CUT), CUT: what}


def begin_of(text: str, size: int) -> str:
    """As much of the beginning of a text as takes `size` bytes of JSON.

    Example: `begin_of("aé", 6) == "a"`
    """
    return text[: _fitting(text, size)]


def end_of(text: str, size: int) -> str:
    """As much of the end of a text as takes `size` bytes of JSON: the end of a traceback is what explains it.

    Example: `end_of("éa", 6) == "a"`
    """
    return text[len(text) - _fitting(text[::-1], size) :]


def _fitting(text: str, size: int) -> int:
    """How many of the first characters of a text take no more than `size` bytes of JSON."""
    text = text[:size]
    if len(json.dumps(text)) - 2 <= size:
        return len(text)
    taken = 0
    for number, character in enumerate(text):
        taken += len(json.dumps(character)) - 2
        if taken > size:
            return number
    return len(text)
