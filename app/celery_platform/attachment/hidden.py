"""Show the values of settings in errors, tables and logs without their secrets."""

import re
from collections.abc import Mapping
from typing import Any

# The part of a URL before its last @: a password may contain any character, even @ or a slash.
_LOGIN = re.compile(r"(?<=://)\S*@")
_SECRET = re.compile(r"password|secret|token|credential|(access|account|api|private|security)_?key")
_LONGEST = 200


def shown(name: str, value: Any) -> str:
    """A value as text, without logins in URLs and without values that are secrets by their name.

    Example: `shown("broker_url", "amqp://me:secret@host") == "'amqp://...@host'"`
    """
    return _LOGIN.sub("...@", repr(without_secrets(name, value)))[:_LONGEST]


def without_secrets(name: str, value: Any) -> Any:
    """The value with its secrets replaced, including those in nested mappings.

    Example: `without_secrets("options", {"password": "x"}) == {"password": "(hidden)"}`
    """
    if value is not None and not isinstance(value, bool | int | float) and _SECRET.search(name.lower()):
        return "(hidden)"
    if isinstance(value, Mapping):
        return {key: without_secrets(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(name, inner) for inner in value]
    return _LOGIN.sub("...@", value) if isinstance(value, str) else value
