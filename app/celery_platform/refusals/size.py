"""A message larger than the broker takes.

RabbitMQ closes the channel on it, after the whole of it was sent, and SQS answers with an error for the whole request.
Here it is measured as it would be sent, and refused before anything is.
"""

from collections.abc import Mapping
from typing import Any

from kombu.utils.json import dumps

from celery_platform.errors import RefusedMessageError

# In a connection's transport options, so that a connection to another broker has that broker's limit, or none.
LIMIT = "max_message_bytes"


class Sized:
    """Mixed into a channel of kombu."""

    connection: Any

    def prepare_message(self, *args: Any, **kwargs: Any) -> Any:
        """Make the transport's message, if it is not too large.

        Raises:
            RefusedMessageError: it is.
        """
        message = super().prepare_message(*args, **kwargs)  # type: ignore[misc]
        refuse_a_larger_message(self.connection.client.transport_options, size_of(message))
        return message


def size_of(message: Any) -> int:
    """Bytes of a message: of its body on RabbitMQ, of the JSON that carries body and headers on SQS and Redis."""
    if isinstance(message, dict):
        return len(dumps(message))  # as the transport will: it also carries bytes
    body = message.body
    return len(body.encode()) if isinstance(body, str) else len(body)


def refuse_a_larger_message(transport_options: Mapping[str, Any] | None, size: int) -> None:
    """Compare with what the broker takes that a connection has these options for. `size` is in bytes.

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
