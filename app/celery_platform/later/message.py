"""A message that waits to be due, as it is kept in the store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kombu.utils.json import dumps, loads

from celery_platform.publishing.capture import Message


@dataclass(frozen=True)
class Kept:
    """A whole message as Celery made it, and the label of the queue that it goes to when it is due.

    `entry` names it in the store: a task's id would not, since a retry has the id of the task that it retries.
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
        """When the caller wants it to run."""
        return datetime.fromisoformat(self.message.headers["eta"])

    @property
    def asked_by(self) -> str | None:
        """The process that asked for it, as `pid@host`; `None` where the message does not say."""
        origin = self.message.headers.get("origin")
        return origin and str(origin)

    def as_text(self) -> str:
        """JSON, with bytes, dates and decimals in kombu's notation; a body that is no text is kept in base64.

        Raises:
            TypeError: a header or a property is something else.
        """
        message = self.message
        return dumps({
            "id": message.task_id, "queue": self.queue, "headers": message.headers,
            "properties": message.properties, "body": message.body,
        })  # fmt: skip


def from_text(entry: str, text: str) -> Kept:
    """The opposite of `Kept.as_text`."""
    read: dict[str, Any] = loads(text)
    message = Message(read["id"], "", "", read["properties"], read["headers"], read["body"])
    return Kept(entry, read["queue"], message)
