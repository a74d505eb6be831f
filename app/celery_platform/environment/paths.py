"""How messages write the path of a value in the file: `queues.email.calls.0`."""

import re

from celery_platform.environment.errors import shortened

Parts = tuple[str | int, ...]

_KEY_BYTES = 48
_PLAIN = re.compile(r"[\w-]+")


def dotted(parts: Parts) -> str:
    """The path of a value: its keys and list positions (from 0). A key with special characters is quoted.

    Example: `dotted(("queues", "email", "calls", 0)) == "queues.email.calls.0"`
    """
    return ".".join(_part(part) for part in parts)


def _part(part: str | int) -> str:
    text = str(part)
    return text if _PLAIN.fullmatch(text) and len(text) <= _KEY_BYTES else repr(shortened(text, _KEY_BYTES))
