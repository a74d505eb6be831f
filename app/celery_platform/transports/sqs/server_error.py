"""kombu 5.7.0 ends the worker, or stops its polls, when SQS answers ReceiveMessage with a 5xx or too late.

`kombu.asynchronous.aws.connection` turns such an answer into an empty list, and `Channel._on_messages_ready` calls
`.get` on it. Either the worker ends ("Unrecoverable error: AttributeError"), or, when a timer polled, it stays up and
never polls that queue again ("Error in timer"). kombu 5.6.2 survives the same answers.
Unnecessary as soon as kombu's `_on_messages_ready` accepts an empty list; `tests/celery_platform/transports` fails then
and says so.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.transport import SQS

from celery_platform.brokers.sqs_priorities import InOrder
from celery_platform.errors import PublishError
from celery_platform.refusals.size import Sized
from celery_platform.transports.sqs.groups import OneOfEachGroup


class Channel(Sized, InOrder, OneOfEachGroup, SQS.Channel):
    """Treats an empty answer as a poll without messages."""

    def _put(self, queue: str, message: Any, **options: Any) -> None:
        """Send one message; kombu lets boto's own errors through, which no caller of Celery expects.

        Raises:
            PublishError: SQS did not take it, or did not say.
        """
        try:
            super()._put(queue, message, **options)
        except (BotoCoreError, ClientError) as error:
            raise PublishError(
                expected=f"SQS to take a message for {queue}",
                found=str(error),
                remedy="It may have been taken all the same: send it again under the same task id.",
            ) from error

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> Any:
        return super()._on_messages_ready(queue, qname, messages or {})


class Transport(SQS.Transport):
    """kombu's SQS transport with the guarded channel."""

    Channel = Channel
