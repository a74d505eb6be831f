"""Sending messages to SQS and Redis, where each call to the broker is answered by itself."""

from typing import Any

from kombu import Connection
from kombu.common import maybe_declare

from celery_platform.errors import PublishError
from celery_platform.publishing.messages import Messages
from celery_platform.transports.batch_publishing import PublishesBatches


class OneByOne:
    """Sends with kombu's own publish, message by message, or in batches where the channel is a `PublishesBatches`."""

    def __init__(self, connection: Connection, messages: Messages) -> None:
        self._connection = connection
        self._messages = messages
        self.confirmed: set[int] = set()
        self.refused: dict[int, str] = {}
        self.repeated: set[int] = set()

    def run(self) -> None:
        """Send each message; `confirmed` and `refused` have the outcome then, by the number of the call."""
        channel: Any = self._connection.default_channel
        for entity in self._messages.declare:
            maybe_declare(entity, channel)
        prepared: list[tuple[int, Any, str, str]] = []
        for index in range(len(self._messages.ids)):
            try:
                message = self._messages.whole(index)
            except (TypeError, ValueError) as error:
                self.refused[index] = f"it cannot be serialized: {error}"
                continue
            given = {name: value for name, value in message.properties.items() if name not in OWN}
            own = {name: message.properties.get(name) for name in OWN}
            body = _as_kombu_has_it(message.body, own["content_encoding"])
            try:
                raw = channel.prepare_message(body, **own, headers=message.headers, properties=given)
            except PublishError as error:
                self.refused[index] = str(error)
                continue
            prepared.append((index, raw, message.exchange, message.routing_key))
        if isinstance(channel, PublishesBatches):
            self._settle(prepared, channel.publish_batch([(raw, exchange, key) for _, raw, exchange, key in prepared]))
            return
        for index, raw, exchange, key in prepared:
            try:
                channel.basic_publish(raw, exchange=exchange, routing_key=key)
            except (*self._connection.connection_errors, *self._connection.channel_errors) as error:
                self.refused[index] = f"refused: {error!r}"
            else:
                self.confirmed.add(index)

    def _settle(self, prepared: list[tuple[int, Any, str, str]], reasons: list[str | None]) -> None:
        for (index, *_), reason in zip(prepared, reasons, strict=True):
            if reason is None:
                self.confirmed.add(index)
            else:
                self.refused[index] = reason


def _as_kombu_has_it(body: bytes, encoding: str | None) -> str | bytes:
    """Text where the body is text; bytes where it is pickled, packed or compressed.

    Example: `_as_kombu_has_it(b"[1]", "utf-8") == "[1]"`
    """
    try:
        return body.decode(encoding or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return body


OWN = ("priority", "content_type", "content_encoding")
