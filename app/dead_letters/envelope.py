"""How kombu packs a message for brokers without headers of their own: JSON around the body, which is in base64."""

import base64
import binascii
import json
from typing import Any

from app.dead_letters.letter import Json

PROPERTIES = ("correlation_id", "reply_to", "priority")


def unpack(text: str) -> tuple[Json, Any, Json]:
    """Headers, body and properties of a packed message; empty headers and no body where it is not one.

    SQS carries the envelope itself in base64 too.

    Example: `headers, (args, kwargs, embed), properties = unpack(message["Body"])`
    """
    try:
        envelope = json.loads(text if text.lstrip().startswith("{") else base64.b64decode(text, validate=True))
        properties = dict(envelope.get("properties") or {})
        body = envelope["body"]
        if properties.get("body_encoding") == "base64":
            body = base64.b64decode(body)
        payload = json.loads(body)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return {}, None, {}
    return dict(envelope.get("headers") or {}), payload, {name: properties.get(name) for name in PROPERTIES}
