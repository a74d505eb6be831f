"""Message properties, decoded with fewer calls than py-amqp's general decoder, to the same values.

Celery sends about twenty headers with each message; decoding them is the largest part of receiving one.
"""

from collections.abc import Callable
from contextlib import suppress
from struct import Struct, error
from typing import Any

from amqp import serialization

LONG = Struct(">I").unpack_from
SIGNED_LONG = Struct(">i").unpack_from
SIGNED_LONG_LONG = Struct(">q").unpack_from
DOUBLE = Struct(">d").unpack_from
SHORT = Struct(">H").unpack_from
# What Celery's messages have: content type and encoding, headers, delivery mode, priority, correlation id, reply to.
CELERY_FLAGS = 0xFE00

general: Any = serialization
read_item: Callable[[bytes, int], tuple[Any, int]] = general._read_item


def properties_of(payload: bytes) -> dict[str, Any]:
    """The properties in a content header's payload, named as py-amqp names them.

    Raises:
        Exception: of whichever kind, when the payload is not what AMQP says.
    """
    if SHORT(payload, 12)[0] == CELERY_FLAGS:
        # What is not decoded here (headers that are not UTF-8, for one) is for py-amqp to accept or to refuse.
        with suppress(ValueError, IndexError, error):
            return _of_celery(payload)
    return dict(general.decode_properties_basic(payload, 12)[0])


def _of_celery(payload: bytes) -> dict[str, Any]:
    content_type, at = _short_string(payload, 14)
    content_encoding, at = _short_string(payload, at)
    headers, at = _table(payload, at)
    delivery_mode, priority = payload[at], payload[at + 1]
    correlation_id, at = _short_string(payload, at + 2)
    reply_to, at = _short_string(payload, at)
    return {
        "content_type": content_type, "content_encoding": content_encoding, "application_headers": headers,
        "delivery_mode": delivery_mode, "priority": priority, "correlation_id": correlation_id, "reply_to": reply_to,
    }  # fmt: skip


def _short_string(payload: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + payload[at]
    return payload[at + 1 : end].decode(), end


def _table(payload: bytes, at: int) -> tuple[dict[str, Any], int]:
    """A table at `at`, and where it ends. Kinds that Celery's headers seldom have go to py-amqp."""
    at += 4
    end = at + LONG(payload, at - 4)[0]
    if end > len(payload):
        raise ValueError("a header table longer than its frame")
    table: dict[str, Any] = {}
    while at < end:
        start = at + 1
        at = start + payload[at]
        name = payload[start:at].decode()
        kind = payload[at]
        if kind == 83:  # S, a string
            start = at + 5
            at = start + LONG(payload, at + 1)[0]
            table[name] = payload[start:at].decode("utf-8", "surrogatepass")
        elif kind == 86:  # V, nothing
            table[name] = None
            at += 1
        elif kind == 116:  # t, a boolean
            table[name] = payload[at + 1] != 0
            at += 2
        elif kind == 73:  # I, a signed 32-bit number
            table[name] = SIGNED_LONG(payload, at + 1)[0]
            at += 5
        elif kind == 100:  # d, a double
            table[name] = DOUBLE(payload, at + 1)[0]
            at += 9
        else:
            table[name], at = read_item(payload, at)
    return table, at
