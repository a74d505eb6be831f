"""A delayed message in the form in which the store keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kombu.utils.json import dumps, loads

from celery_platform.publishing.capture import Message


@dataclass(frozen=True)
class Kept:
    """A complete message as Celery built it, and the label of the queue to which it is published when it is due.

    `entry` is its key in the store. The task's id would not be unique, because a retry has the id of the original task.
    """

    entry: str
    queue: str
    message: Message

    @property
    def task(self) -> str:
        """The name of its task."""
        return str(self.message.headers["task"])

    @property
    def due(self) -> datetime:
        """The time at which the caller wants it to run."""
        return datetime.fromisoformat(self.message.headers["eta"])

    @property
    def asked_by(self) -> str | None:
        """The process that sent it, as `pid@host`; `None` if the message has no origin."""
        origin = self.message.headers.get("origin")
        return origin and str(origin)

    def as_text(self) -> str:
        """The message as JSON, with bytes, dates and decimals in kombu's notation; a binary body is in base64.

        Raises:
            TypeError: a header or a property has a type that JSON cannot represent.
        """
        message = self.message
        return dumps({
            "id": message.task_id, "queue": self.queue, "headers": message.headers,
            "properties": message.properties, "body": message.body,
        })  # fmt: skip


def from_text(entry: str, text: str) -> Kept:
    """The inverse of `Kept.as_text`."""
    read: dict[str, Any] = loads(text)
    message = Message(read["id"], "", "", read["properties"], read["headers"], read["body"])
    return Kept(entry, read["queue"], message)
