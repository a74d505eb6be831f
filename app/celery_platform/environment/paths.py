"""How a value's place in the file is written: `queues.email.calls.0`."""

import re

from celery_platform.environment.errors import shortened

Parts = tuple[str | int, ...]

_KEY_BYTES = 48
_PLAIN = re.compile(r"[\w-]+")


def dotted(parts: Parts) -> str:
    """The keys and the positions in lists (from 0) that lead to a value; a key with other signs stands in quotes.

    Example: `dotted(("queues", "email", "calls", 0)) == "queues.email.calls.0"`
    """
    return ".".join(_part(part) for part in parts)


def _part(part: str | int) -> str:
    text = str(part)
    return text if _PLAIN.fullmatch(text) and len(text) <= _KEY_BYTES else repr(shortened(text, _KEY_BYTES))
