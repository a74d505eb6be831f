"""The result of a finished run as text, which a claim keeps for those that find the effect done."""

import json
import logging
from typing import Any

from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)
# Before a result that needs kombu's notation of times, decimals, UUIDs and bytes; what is plain JSON has none, so that
# a dictionary which only looks like that notation is read as it was.
TYPED = "typed:"


def as_text(key: str, result: Any) -> str:
    """The result as text. One that no JSON can carry is nothing: the effect happened, and must not happen again.

    Example: `as_text("order-1", Decimal("1.10")).startswith("typed:")`
    """
    try:
        return json.dumps(result)
    except Exception:  # noqa: S110 - a type that the standard library does not know
        pass
    try:
        text = dumps(result)
        loads(text)
    except Exception as error:
        logger.error("the result of %s cannot be kept (%r): a repeated run returns None", key, error)  # noqa: TRY400
        return "null"
    return TYPED + text


def from_text(text: str) -> Any:
    """The inverse of `as_text`.

    Example: `from_text("[1, 2]") == [1, 2]`
    """
    return loads(text.removeprefix(TYPED)) if text.startswith(TYPED) else json.loads(text)
