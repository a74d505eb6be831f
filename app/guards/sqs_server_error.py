"""kombu 5.7.0 ends or deafens the worker when SQS answers ReceiveMessage with a 5xx or not in time.

`kombu.asynchronous.aws.connection` turns such an answer into an empty list, and `Channel._on_messages_ready` calls
`.get` on it. Either the worker ends ("Unrecoverable error: AttributeError"), or, when a timer polled, it stays up and
never polls that queue again ("Error in timer"). kombu 5.6.2 survives the same answers.
Unnecessary as soon as kombu's `_on_messages_ready` accepts an empty list; `tests/app/guards` fails then and says so.
"""

from typing import Any

from kombu.transport import SQS

from app.brokers.priorities import InOrder
from app.refusals.size import Sized


class Channel(Sized, InOrder, SQS.Channel):
    """Takes an empty answer for what it is: no messages this time."""

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> Any:
        return super()._on_messages_ready(queue, qname, messages or {})


class Transport(SQS.Transport):
    """kombu's SQS transport with the guarded channel."""

    Channel = Channel
