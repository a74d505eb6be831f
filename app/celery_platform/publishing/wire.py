"""`basic.publish` as bytes: what many messages have in common is serialized once."""

from struct import pack
from typing import Any

import amqp
from amqp.serialization import dumps

from celery_platform.publishing.capture import Message

MANDATORY = b"\x01"
PUBLISH = b"\0\x3c\0\x28\0\0"
HEADERS, CORRELATION = "application_headers", "correlation_id"


def frames(channel: int, frame_max: int, message: Message, properties: bytes) -> bytes:
    """The frames of one message on a channel of this number, none larger than `frame_max` bytes.

    With `mandatory`: the broker returns a message that no queue takes.
    """
    exchange, key = message.exchange.encode(), message.routing_key.encode()
    method = PUBLISH + bytes([len(exchange)]) + exchange + bytes([len(key)]) + key + MANDATORY
    header = pack(">HHQ", 60, 0, len(message.body)) + properties
    most = frame_max - 8
    parts = [message.body[start : start + most] for start in range(0, len(message.body), most)]
    written = [_frame(1, channel, method), _frame(2, channel, header), *(_frame(3, channel, part) for part in parts)]
    return b"".join(written)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


class PreparedProperties:
    """Properties of messages that differ in their correlation id and in some headers."""

    def __init__(self, properties: dict[str, Any], constant_headers: dict[str, Any]) -> None:
        present = [name for name, _ in amqp.Message.PROPERTIES if properties.get(name) is not None or name == HEADERS]
        flags = sum(0x8000 >> place for place, (name, _) in enumerate(amqp.Message.PROPERTIES) if name in present)
        self._before = pack(">H", flags) + self._some(properties, present, None, HEADERS)
        self._between = self._some(properties, present, HEADERS, CORRELATION)
        self._after = self._some(properties, present, CORRELATION, None)
        self._constant = _table(constant_headers)

    @staticmethod
    def _some(properties: dict[str, Any], present: list[str], after: str | None, before: str | None) -> bytes:
        """The serialized properties between two names."""
        names = [name for name, _ in amqp.Message.PROPERTIES]
        start = names.index(after) + 1 if after else 0
        end = names.index(before) if before else len(names)
        kinds = dict(amqp.Message.PROPERTIES)
        chosen = [name for name in names[start:end] if name in present]
        serialized: bytes = dumps("".join(kinds[name] for name in chosen), tuple(properties[name] for name in chosen))
        return serialized

    def of(self, message: Message) -> bytes:
        """The properties of a message whose `headers` are those that are not constant."""
        table = self._constant + _table(message.headers)
        correlation = message.task_id.encode()
        return b"".join((
            self._before, pack(">I", len(table)), table, self._between, bytes([len(correlation)]), correlation,
            self._after,
        ))  # fmt: skip


def _table(headers: dict[str, Any]) -> bytes:
    """Entries of a header table, without its length."""
    entries = bytearray()
    for name, value in headers.items():
        if type(value) is str:
            key, text = name.encode(), value.encode("utf-8", "surrogatepass")
            entries += bytes([len(key)]) + key + b"S" + pack(">I", len(text)) + text
        else:
            serialized: bytes = dumps("F", ({name: value},))
            entries += serialized[4:]
    return bytes(entries)
