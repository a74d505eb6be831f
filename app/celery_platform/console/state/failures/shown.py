"""A value of a message as text that is safe to show: bounded in size, redacted as in logs, and never evaluated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery_platform.observability.logs.redaction import redacted

MOST_CHARACTERS = 32_768
MOST_OF_A_TEXT = 4_096
MOST_ITEMS = 1_000
MOST_LEVELS = 12
# Python refuses to write longer numbers out (PYTHONINTMAXSTRDIGITS).
MOST_BITS = 4_096
# Read beyond where a text is cut, so that a secret at the cut is recognised as a whole.
BEYOND = 256


def as_text(value: Any) -> str:
    """A value as indented JSON, cut where it is too long, with a note where something was cut.

    Example: `as_text({"password": "x"})` has `"password": "[redacted]"`
    """
    bounded = _Budget(MOST_CHARACTERS).bounded(value, MOST_LEVELS)
    return _cut(json.dumps(bounded, indent=2, ensure_ascii=False, default=str), 2 * MOST_CHARACTERS)


def redacted_text(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text, such as a traceback or a reason, redacted and cut.

    Example: `redacted_text("token=abc") == "token=[redacted]"`
    """
    return _cut(str(redacted(text[: most + BEYOND])), most, of=len(text))


@dataclass
class _Budget:
    """What is left of the characters that a whole value may take."""

    left: int

    def bounded(self, value: Any, levels: int) -> Any:
        """A copy of a value that is no larger than the budget."""
        self.left -= 1
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return self._mapping(value, levels)
        if isinstance(value, list | tuple):
            return self._items(value, levels)
        if isinstance(value, bytes):
            return self._text(repr(value[:MOST_OF_A_TEXT]))
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            return f"[a number of {value.bit_length():,} bits]"
        return value if value is None or isinstance(value, bool | int | float) else self._text(str(value))

    def _text(self, text: str) -> str:
        most = max(0, min(MOST_OF_A_TEXT, self.left))
        self.left -= min(len(text), most)
        return redacted_text(text, most)

    def _mapping(self, value: Mapping[Any, Any], levels: int) -> Any:
        if levels == 0:
            return f"[{len(value):,} entries, too deep to show]"
        shown: dict[str, Any] = {}
        for number, (key, item) in enumerate(value.items()):
            if number >= MOST_ITEMS or self.left <= 0:
                shown["[cut]"] = f"{len(value) - number:,} more entries"
                break
            name = self._text(str(key))
            # What is redacted by its name alone, as the logs' rule says of the name and of a text.
            hidden = "" if isinstance(item, int | float | None) else redacted("", str(key)[:MOST_OF_A_TEXT])
            shown[name] = hidden or self.bounded(item, levels - 1)
        return shown

    def _items(self, value: list[Any] | tuple[Any, ...], levels: int) -> Any:
        if levels == 0:
            return f"[{len(value):,} items, too deep to show]"
        shown: list[Any] = []
        for number, item in enumerate(value):
            if number >= MOST_ITEMS or self.left <= 0:
                shown.append(f"[cut: {len(value) - number:,} more items]")
                break
            shown.append(self.bounded(item, levels - 1))
        return shown


def _cut(text: str, most: int, of: int | None = None) -> str:
    whole = max(len(text), of or 0)
    return text if whole <= most else f"{text[:most]}[cut: {whole - most:,} more characters]"
