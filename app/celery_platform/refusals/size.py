"""Refuses a message that is larger than the broker accepts, or that leaves no room for what may become of it.

RabbitMQ closes the channel after all of such a message was sent, and SQS refuses the whole request. Here the message is
measured as it would be sent, and refused before anything is sent.

A message grows: its retry says when it is due, its dead-lettered message why it failed. One that were refused then
would run again and again. So what is published for the first time leaves `ROOM`, and its retries a part of that.
"""

from collections.abc import Mapping
from typing import Any

from kombu.transport import virtual
from kombu.utils.json import dumps

from celery_platform.errors import RefusedMessageError
from celery_platform.refusals.typed_values import refuse_values_that_no_worker_reads
from celery_platform.reliability.waiting import AGAIN

# A key of a connection's transport options, so that a connection to another broker has that broker's limit, or none.
LIMIT = "max_message_bytes"
# The most that `dead_letters.reasons` adds is 11,000 bytes; the rest is for a retry.
ROOM = 16 * 1024
ROOM_OF_A_RETRY = 12 * 1024
# Headers of messages that are not published for the first time.
REPLAYS = "x-replays"
DEAD_LETTERED, CUT = "x-dead-letter-at", "x-dead-letter-cut"
# Of a dead-lettered message that has no room, what it is: with all but its traceback, serialized again, or with the
# body that the broker has taken.
NO_TRACEBACK, MADE_ANEW, AS_IT_CAME = "without its traceback", "made anew", "as it came"
# What kombu adds when it sends a packed message: its tag, its exchange and its routing key, of 80 characters each.
ADDRESS_BYTES = 350
# A header's table is at most this much larger than its `repr`: a number of one digit takes five bytes.
BYTES_OF_A_CHARACTER = 5


class Sized:
    """Mixed into a channel of kombu."""

    connection: Any

    def prepare_message(
        self, body: Any, priority: Any = None, content_type: Any = None, content_encoding: Any = None,
        headers: Any = None, *others: Any, **named: Any,
    ) -> Any:  # fmt: skip
        """Make the transport's message.

        Raises:
            RefusedMessageError: the message is too large, or no worker could read it.
        """
        if headers and "task" in headers and not (headers.get(DEAD_LETTERED) or headers.get(REPLAYS)):
            refuse_values_that_no_worker_reads(headers["task"], body, content_type, headers)
        message = super().prepare_message(  # type: ignore[misc]
            body, priority, content_type, content_encoding, headers, *others, **named
        )
        refuse_a_larger_message(self.connection.client.transport_options, size_of(message), headers)
        if not isinstance(message, dict):
            refuse_larger_headers(message, headers, self.connection.frame_max)
        return message


def is_packed(transport: Any) -> bool:
    """Whether kombu packs headers and body into one text, with the body in base64: its virtual transports do.

    Example: `is_packed(app.connection_for_write().transport)` is false on RabbitMQ, which has headers of its own
    """
    return isinstance(transport, virtual.Transport)


def size_of(message: Any) -> int:
    """Return the bytes of a message's body (RabbitMQ), or of all that kombu packs into JSON (SQS and Redis)."""
    if isinstance(message, dict):
        around = dumps(message | {"body": ""})  # kombu's, as the transport: it also encodes bytes
        return len(around) + ADDRESS_BYTES + in_base64(bytes_of(message["body"]))
    return bytes_of(message.body)


def bytes_of(body: str | bytes) -> int:
    """The length of a body in UTF-8."""
    return len(body.encode()) if isinstance(body, str) else len(body)


def in_base64(size: int) -> int:
    """How many bytes so many bytes take in base64.

    Example: `in_base64(4) == 8`
    """
    return -(-size // 3) * 4


def room_of(headers: Mapping[str, Any] | None) -> int:
    """The bytes that a message with these headers leaves.

    Example: `room_of({"retries": 1}) == ROOM_OF_A_RETRY`
    """
    get = (headers or {}).get
    if get(DEAD_LETTERED):
        return 0
    if get("retries") or get(AGAIN):
        return ROOM_OF_A_RETRY
    return 0 if get(REPLAYS) else ROOM


def refuse_a_larger_message(
    transport_options: Mapping[str, Any] | None, size: int, headers: Mapping[str, Any] | None = None
) -> None:
    """Compare `size`, in bytes, with the limit in a connection's transport options.

    The broker itself decides about a message that it has had before: one that is replayed, or dead-lettered as it came
    with no more than its reason.

    Raises:
        RefusedMessageError: the message is larger.
    """
    limit = (transport_options or {}).get(LIMIT)
    if limit is None or _was_taken_before(headers or {}):
        return
    most = limit - min(room_of(headers), limit // 12)
    if size > most:
        raise RefusedMessageError(
            expected=f"a message of at most {most:,} bytes, the limit of this broker and room for its dead letter",
            found=f"{size:,} bytes",
            remedy="Put the content into the media bucket and send its key.",
        )


def _was_taken_before(headers: Mapping[str, Any]) -> bool:
    if headers.get(DEAD_LETTERED):
        return bool(headers.get(CUT) == AS_IT_CAME)
    return bool(headers.get(REPLAYS)) and room_of(headers) == 0


def refuse_larger_headers(message: Any, headers: Mapping[str, Any] | None, frame_max: int) -> None:
    """Compare a message's headers with what fits into one frame of AMQP: RabbitMQ closes the connection otherwise.

    Raises:
        RefusedMessageError: they are larger.
    """
    most = frame_max - 20 - room_of(headers)
    if headers and len(repr(headers)) * BYTES_OF_A_CHARACTER > most:
        refuse_larger_properties(len(message._serialize_properties()), headers, frame_max)


def refuse_larger_properties(size: int, headers: Mapping[str, Any] | None, frame_max: int) -> None:
    """Compare the bytes of serialized properties, which contain the headers, with what fits into one frame.

    Raises:
        RefusedMessageError: they are larger.
    """
    most = frame_max - 20 - room_of(headers)  # the frame's own, and class, weight and size of the body
    if size > most:
        raise RefusedMessageError(
            expected=f"headers of at most {most:,} bytes, a frame of AMQP and room for its dead letter",
            found=f"{size:,} bytes",
            remedy="Shorten stamps and headers: what is long belongs in the arguments or in a store.",
        )
