"""Describe a value of the file in words, and suggest what was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from celery_platform.environment.errors import listed, shortened

_VALUE_BYTES = 80
_COMPARED_CHARACTERS = 80
_COMPARED_OPTIONS = 5_000


def found(value: Any, word: str | None = None) -> str:
    """A value of the file, shortened; `word` is how the file writes it.

    Example: `found({"a": 1}) == "a mapping (a)"`
    """
    if isinstance(value, str):
        return repr(shortened(value, _VALUE_BYTES))
    if isinstance(value, dict):
        return f"a mapping ({listed(map(str, value), _VALUE_BYTES)})" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value):,}" if value else "an empty list"
    return word or written(value)


def written(value: Any) -> str:
    """A scalar as YAML writes it.

    Example: `written(True) == "true"`
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value is None else str(value)


def did_you_mean(text: str, options: Iterable[str]) -> str:
    """A suggestion of the option that is closest to the text; empty if none is close.

    Example: `did_you_mean("natt", ["nat", "zones"]) == "; did you mean nat?"`
    """
    close = get_close_matches(text[:_COMPARED_CHARACTERS], list(options)[:_COMPARED_OPTIONS], n=1)
    return f"; did you mean {shortened(close[0], _VALUE_BYTES)}?" if close else ""
