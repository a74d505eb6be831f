"""Values of settings as an error, a table or a log may show them: without what is secret in them."""

import re
from collections.abc import Mapping
from typing import Any

# What stands before the last @ of a URL: a password may hold anything, an @ or a slash too.
_LOGIN = re.compile(r"(?<=://)\S*@")
_SECRET = re.compile(r"password|secret|token|credential|(access|account|api|private|security)_?key")
_LONGEST = 200


def shown(name: str, value: Any) -> str:
    """A value as text: no login of a URL, nothing that is a password by its name.

    Example: `shown("broker_url", "amqp://me:secret@host") == "'amqp://...@host'"`
    """
    return _LOGIN.sub("...@", repr(without_secrets(name, value)))[:_LONGEST]


def without_secrets(name: str, value: Any) -> Any:
    """The same value with words in the place of what is secret, in mappings within it too.

    Example: `without_secrets("options", {"password": "x"}) == {"password": "(hidden)"}`
    """
    if value is not None and not isinstance(value, bool | int | float) and _SECRET.search(name.lower()):
        return "(hidden)"
    if isinstance(value, Mapping):
        return {key: without_secrets(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(name, inner) for inner in value]
    return _LOGIN.sub("...@", value) if isinstance(value, str) else value
