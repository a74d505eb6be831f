"""The SQS transport that every process of the app uses."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from celery_platform.transports.ending import Ending
from celery_platform.transports.sqs import channel
from celery_platform.transports.sqs.deletes import Deletes, Done
from celery_platform.transports.sqs.polls import PatientPolls
from celery_platform.transports.sqs.sends import BatchedSends
from celery_platform.transports.versions import tested
from celery_platform.transports.worker_channel import WorkerChannel

# How often a worker looks whether deletes are taken again.
REFUSED_SECONDS = 1.0


class Batch(list[Any]):
    """The messages of a receive, for one walk through them; `left` are those that nobody has been given yet.

    The walk ends when it is too late for a message to begin, because this process ends.
    """

    def __init__(self, url: str, messages: Iterable[Any]) -> None:
        super().__init__(messages)
        self.url = url
        self.left = deque(super().__iter__())

    def __iter__(self) -> Iterator[Any]:
        """Each message in turn."""
        while self.left and not Ending.over():
            yield self.left.popleft()

    def receipts(self) -> list[str]:
        """The receipt handles of what is left, which is then considered given back."""
        receipts = [message["ReceiptHandle"] for message in self.left]
        self.left.clear()
        return receipts


class Channel(PatientPolls, BatchedSends, channel.Channel, WorkerChannel):
    """Deletes messages in batches in a worker; a process without an event loop, such as a command, one by one.

    A worker that is killed may have finished up to a fifth of a second's tasks whose messages come again: make effects
    idempotent, as with every late acknowledgement.
    """

    hub: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deletes = Deletes()
        self._batch = Batch("", ())

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Delete the message with the next batch; its place in the prefetch window is free at once."""
        done = self._done(delivery_tag) if self.hub is not None else None
        if done is None:
            super().basic_ack(delivery_tag, multiple)
            return
        self.qos.ack(delivery_tag)
        self.deletes.add(done)
        self.room_made()

    def _schedule_queue(self, queue: str) -> None:
        """Poll, unless what is done cannot be deleted now: what a poll brought would be done for nothing."""
        if self.closed:
            return  # the loop was still to poll it
        if self.deletes.refused and queue in self._active_queues:
            self.asks(queue)
            self.hub.call_later(REFUSED_SECONDS, self._schedule_queue, queue)
            return
        super()._schedule_queue(queue)

    def _done(self, delivery_tag: str) -> Done | None:
        try:
            info = self.qos.get(delivery_tag).delivery_info
            receipt, url = info["sqs_message"]["ReceiptHandle"], info["sqs_queue"]
            return Done(self.client_of(url), url, receipt)
        except (KeyError, BotoCoreError, ClientError, OSError):
            return None  # kombu tries, says why not, and frees the message's place in the prefetch count

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> Any:
        messages = messages or {}
        self._batch = Batch(queue, messages.get("Messages", ()))
        try:
            return super()._on_messages_ready(queue, qname, messages | {"Messages": self._batch})
        finally:
            self._release(self._batch.url, self._batch.receipts())

    def _restore(self, message: Any, *args: Any) -> None:
        """Make a message visible again. kombu would send a copy, beside the message itself after its timeout."""
        info = message.delivery_info
        if "sqs_message" in info:
            self._release(info["sqs_queue"], [info["sqs_message"]["ReceiptHandle"]])
        else:
            super()._restore(message, *args)

    def give_back(self) -> None:
        """Before the process ends: what is done is deleted, what is not becomes visible again at once."""
        self.flush_acknowledgements()
        self._release(self._batch.url, self._batch.receipts())
        self.qos.restore_unacked_once()

    def flush_acknowledgements(self) -> None:
        """Wait until what is pending is deleted, before a process ends."""
        self.deletes.flush()

    def close(self) -> None:
        """Give back what is not acknowledged, after what is."""
        self.deletes.close()
        super().close()


class BatchingTransport(channel.Transport):
    """kombu's SQS transport with that channel."""

    Channel = Channel


Transport = BatchingTransport if tested() else channel.Transport
