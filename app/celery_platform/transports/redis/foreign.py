"""Whatever is in a list of Redis becomes a message: what kombu cannot read is one whose body is what was there.

Anybody can push to a list, where RabbitMQ and SQS make a message of what they are given. kombu 5.7 raises such an
entry's error into the event loop, which ends the worker, and has dropped the entry by then. Here it goes to the
worker's consumer, which refuses it like any other that is no task, and those taken with it are not delayed.
"""

import logging
from typing import Any
from uuid import uuid4

from kombu.transport import virtual
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)


def message_of(text: str | bytes, queue: str) -> dict[str, Any]:
    """Return the message in an entry of a queue's list, which has a tag and an address in any case.

    Example: `message_of(b"garbage", "celery-email")["body"] == "garbage"`
    """
    try:
        message: dict[str, Any] = loads(text)
        properties = message["properties"]
        address = properties["delivery_info"]
        if isinstance(properties["delivery_tag"], str) and {"exchange", "routing_key"} <= address.keys():
            return message
    except (ValueError, LookupError, TypeError, AttributeError):
        pass
    body = text if isinstance(text, str) else text.decode(errors="backslashreplace")
    return _foreign(body, str(uuid4()), {"exchange": "", "routing_key": queue})


class Message(virtual.Message):
    """kombu's message, which can be made of every entry that has a tag and an address."""

    def __init__(self, payload: Any, channel: Any = None, **options: Any) -> None:
        try:
            super().__init__(payload, channel=channel, **options)
        except Exception:  # whatever kombu makes of its headers, its body and their encodings
            properties = payload["properties"]
            readable = _foreign(dumps(payload), properties["delivery_tag"], properties["delivery_info"])
            super().__init__(readable, channel=channel, **options)


def _foreign(body: str, tag: str, address: dict[str, Any]) -> dict[str, Any]:
    # What it says may be a secret.
    logger.critical("an entry of %s characters in the list of %s is no message", len(body), address["routing_key"])
    return {
        "body": body,
        "content-type": "text/plain",
        "content-encoding": "utf-8",
        "headers": {},
        "properties": {"delivery_tag": tag, "delivery_info": address},
    }
