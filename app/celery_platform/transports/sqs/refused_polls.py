"""kombu 5.7.0 ends the worker, or never polls again, after most of what SQS may answer to ReceiveMessage.

`kombu.asynchronous.aws.connection` takes 408, 500, 502, 503 and 504 for an answer without messages. For any other
status (400 for throttling and for a key of KMS, 403 for expired credentials, 429), and for a body that is no answer,
it raises out of the HTTP client's callback: inside the event loop, which ends the worker, or inside a timer, which
leaves it running without polling (kombu#2031, #1937, #2217). A green worker polls through boto, whose `ClientError` is
no connection error to Celery and ends it as well.
Here each of them is an answer without messages, after which the queue is polled again with back-off. After an
answer about credentials, clients are made anew, which read them again.
Unnecessary as soon as kombu polls again whatever SQS answers; `tests/celery_platform/answers` shows it.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.transport import SQS
from vine import ensure_promise

from celery_platform.guards.answers import Answers
from celery_platform.guards.polled import Polled
from celery_platform.transports.ending import Ending
from celery_platform.transports.sqs.releases import make_visible

logger = logging.getLogger(__name__)

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
OF_CREDENTIALS = frozenset({
    "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException",
    "NotAuthorized", "RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException",
})  # fmt: skip
# How often a channel that is held looks whether it may poll again.
PAUSED_SECONDS = 1.0
OK, UNREADABLE = 200, "unreadable"


def code_of(status: int, body: bytes | str | None) -> str:
    """Return the short name of an error that SQS answers, or its status where it names none.

    Example: `code_of(403, b'{"__type": "com.amazonaws.sqs#ExpiredToken"}') == "ExpiredToken"`
    """
    try:
        named = json.loads(body or "")["__type"]
    except (ValueError, TypeError, LookupError):
        return f"HTTP {status}"
    return str(named).rpartition("#")[2][:80] or f"HTTP {status}"


class Connection(AsyncSQSConnection):
    """kombu's, which tells `refused` or `answered` what came, and raises nothing."""

    refused: Callable[[str, str, object], None]
    answered: Callable[[str], None]

    def _on_list_ready(self, parent: str, markers: Any, operation: str, response: Any) -> Any:
        if response.status != OK:
            body = response.read()
            self.refused(parent, code_of(response.status, body), response.reason or body)
            return {}
        body = response.read()
        # The parser takes a proxy's page, or half an answer, for one without messages.
        if not (body.startswith(b"{") and body.endswith(b"}")):
            self.refused(parent, UNREADABLE, body[:200])
            return {}
        try:
            parsed = super()._on_list_ready(parent, markers, operation, response)  # type: ignore[misc]
        except Exception as error:  # whatever the parser makes of an answer that is not SQS's
            self.refused(parent, UNREADABLE, repr(error))
            return {}
        self.answered(parent)
        return parsed


class RefusedPolls(Polled, SQS.Channel):
    """Mixed into kombu's SQS channel."""

    hub: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.answers = Answers("ReceiveMessage")
        self._unanswered: set[str] = set()
        super().__init__(*args, **kwargs)

    def asynsqs(self, queue: str | None = None) -> Any:
        """The connection for polls."""
        made: Any = super().asynsqs(queue)
        if not isinstance(made, Connection):
            made.__class__ = Connection  # the one class more than kombu's, which makes it in two places
            made.refused, made.answered = self._refused, self._answered
        return made

    def _refused(self, queue: str, answer: str, detail: object) -> None:
        self.asks(queue)
        self._unanswered.discard(queue)
        self.answers.refused(queue, answer, detail)
        if answer in OF_CREDENTIALS:
            self._forget_clients()

    def _answered(self, queue: str) -> None:
        self.asks(queue)
        self._unanswered.discard(queue)
        self.answers.accepted(queue)

    def _forget_clients(self) -> None:
        self._sqs = self._asynsqs = None
        self._predefined_queue_clients.clear()
        self._predefined_queue_async_clients.clear()

    def _schedule_queue(self, queue: str) -> None:
        self.asks(queue)
        wait = PAUSED_SECONDS if self._is_paused(queue) else self.answers.wait_seconds(queue)
        if wait and queue in self._active_queues:
            self.hub.call_later(wait, self._schedule_queue, queue)
            return
        super()._schedule_queue(queue)  # type: ignore[misc]

    def _is_paused(self, queue: str) -> bool:
        return self.paused or queue in self.paused_queues

    def _get_async(self, queue: str, count: int = 1, callback: Any = None) -> Any:
        """Ask in the background. Signing may already fail: there are no credentials, or none that can be renewed."""
        self._unanswered.add(queue)
        try:
            return super()._get_async(queue, count, callback=callback)  # type: ignore[misc]
        except (BotoCoreError, ClientError, OSError) as error:
            self._refused(queue, _name(error), error)
            return ensure_promise(callback)(0)

    def _receive_message(self, queue: str, *args: Any, **options: Any) -> Any:
        """Ask and wait, as a green worker does."""
        self.asks(queue)
        if self._is_paused(queue) or self.answers.wait_seconds(queue):
            return {}
        try:
            answer = super()._receive_message(queue, *args, **options)  # type: ignore[misc]
        except (BotoCoreError, ClientError, OSError) as error:
            self._refused(queue, _name(error), error)
            return {}
        except Exception as error:  # whatever boto's parser makes of an answer that is not SQS's: a list, for one
            self._refused(queue, UNREADABLE, repr(error))
            return {}
        # boto, too, takes a proxy's page for an answer without messages.
        kind = answer["ResponseMetadata"]["HTTPHeaders"].get("content-type", "")
        if "json" not in kind and "Messages" not in answer:
            self._refused(queue, UNREADABLE, f"an answer of type {kind or 'unknown'}")
            return {}
        self._answered(queue)
        if Ending.over():
            channel: Any = self
            self._release(channel._new_queue(queue), receipts_of(answer))
            return {}
        return answer

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> Any:
        if messages and Ending.over():
            self._release(queue, receipts_of(messages))
            return 0
        return super()._on_messages_ready(queue, qname, messages)  # type: ignore[misc]

    def client_of(self, url: str) -> Any:
        """boto3's client for the queue at `url`. kombu takes the message's routing key for the name of its queue."""
        name = url.rpartition("/")[2]
        return self.sqs(queue=name if name in (self.predefined_queues or ()) else None)

    def _release(self, url: str, receipts: list[str]) -> None:
        """Make the messages of these receipt handles visible at once."""
        if not receipts:
            return
        try:
            client = self.client_of(url)
        except (BotoCoreError, ClientError, OSError) as error:
            logger.warning("messages of %s come again after their visibility timeout only: %s", url, error)
            return
        make_visible(client, url, receipts)

    def has_more(self) -> bool:
        """Whether a poll has not been answered yet: what it brings would be invisible until its timeout."""
        return bool(self._unanswered)

    def poll_outlives_connection(self) -> bool:
        """Whether a poll has not been answered yet: SQS may answer it to a connection that is closed."""
        return self.has_more()

    def expected_polls(self) -> list[str]:
        """Every queue that is consumed: one without room, or behind another, is looked at all the same."""
        return list(self._active_queues)


def receipts_of(answer: dict[str, Any]) -> list[str]:
    """Return the receipt handles in an answer to ReceiveMessage.

    Example: `receipts_of({"Messages": [{"ReceiptHandle": "AQEB"}]}) == ["AQEB"]`
    """
    return [message["ReceiptHandle"] for message in answer.get("Messages", ())]


def _name(error: BaseException) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
