"""How kombu packs a message for brokers without headers of their own: in JSON, with the body in base64."""

import base64
import json
from typing import Any

from kombu.compression import decompress

from celery_platform.brokers.dead_lettered.message import Json

# Whatever a text can be the reason of: no JSON, no base64, other types than expected, thousands of levels.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
PROPERTIES = ("correlation_id", "reply_to", "priority", "MessageGroupId")


def unpack(text: str) -> tuple[Json, Any, Json]:
    """Return headers, body and properties of a packed message; the body is `None` where it cannot be read.

    On SQS the envelope itself is in base64 too.

    Example: `headers, (args, kwargs, embed), properties = unpack(message["Body"])`
    """
    try:
        envelope = json.loads(text if text.lstrip().startswith("{") else base64.b64decode(text, validate=True))
        headers, properties = dict(envelope.get("headers") or {}), dict(envelope.get("properties") or {})
    except UNREADABLE:
        return {}, None, {}
    kept = {name: properties.get(name) for name in PROPERTIES}
    try:
        body = envelope["body"]
        if properties.get("body_encoding") == "base64":
            body = base64.b64decode(body)
        if headers.get("compression"):
            body = _decompressed(body, headers["compression"])
        return headers, json.loads(body), kept
    except UNREADABLE:
        return headers, None, kept


def _decompressed(body: bytes, compression: str) -> bytes:
    try:
        return bytes(decompress(body, compression))
    except Exception as error:  # each compression has errors of its own
        raise ValueError(f"not {compression}: {error!r}") from error
