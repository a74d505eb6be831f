"""Refuses a message that is larger than the broker accepts.

RabbitMQ closes the channel after all of such a message was sent, and SQS refuses the whole request. Here the message is
measured as it would be sent, and refused before anything is sent.
"""

from collections.abc import Mapping
from typing import Any

from kombu.utils.json import dumps

from celery_platform.errors import RefusedMessageError

# A key of a connection's transport options, so that a connection to another broker has that broker's limit, or none.
LIMIT = "max_message_bytes"


class Sized:
    """Mixed into a channel of kombu."""

    connection: Any

    def prepare_message(self, *args: Any, **kwargs: Any) -> Any:
        """Make the transport's message.

        Raises:
            RefusedMessageError: the message is too large.
        """
        message = super().prepare_message(*args, **kwargs)  # type: ignore[misc]
        refuse_a_larger_message(self.connection.client.transport_options, size_of(message))
        return message


def size_of(message: Any) -> int:
    """Return the bytes of a message's body (RabbitMQ), or of the JSON with body and headers (SQS and Redis)."""
    if isinstance(message, dict):
        return len(dumps(message))  # kombu's, as the transport: it also encodes bytes
    body = message.body
    return len(body.encode()) if isinstance(body, str) else len(body)


def refuse_a_larger_message(transport_options: Mapping[str, Any] | None, size: int) -> None:
    """Compare `size`, in bytes, with the limit in a connection's transport options.

    Raises:
        RefusedMessageError: the message is larger.
    """
    limit = (transport_options or {}).get(LIMIT)
    if limit is not None and size > limit:
        raise RefusedMessageError(
            expected=f"a message of at most {limit:,} bytes, the limit of this broker",
            found=f"{size:,} bytes",
            remedy="Put the content into the media bucket and send its key.",
        )
