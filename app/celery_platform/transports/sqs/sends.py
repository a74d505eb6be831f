"""Sending many messages to SQS, ten to a call."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from celery_platform.transports.batch_publishing import Prepared, PublishesBatches
from celery_platform.transports.sqs.limits import BYTES, MESSAGES


@dataclass
class Recorder:
    """Stands in for boto3's client while kombu makes a message's `send_message`, and keeps it."""

    sent: list[dict[str, Any]] = field(default_factory=list)

    def send_message(self, **arguments: Any) -> None:
        """Keep what would be sent."""
        self.sent.append(arguments)


class BatchedSends(PublishesBatches):
    """Mixed into kombu's SQS channel, whose calls for one message it records to send ten together."""

    _recorder: Recorder | None = None

    def sqs(self, queue: str | None = None) -> Any:
        """boto3's client for a queue; while messages are recorded, the recorder in its place."""
        return self._recorder or super().sqs(queue)  # type: ignore[misc]

    def publish_batch(self, messages: Sequence[Prepared]) -> list[str | None]:
        """Publish each message. For each, in order: `None`, or why SQS did not or may not have taken it.

        Example: `channel.publish_batch([(channel.prepare_message("{}"), "", "celery-email")]) == [None]`
        """
        reasons: list[str | None] = [None] * len(messages)
        by_queue: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        for index, (raw, exchange, routing_key) in enumerate(messages):
            for arguments in self._recorded(raw, exchange, routing_key):
                by_queue[arguments.pop("QueueUrl")].append((index, arguments))
        for url, entries in by_queue.items():
            client = super().sqs(url.rpartition("/")[2])  # type: ignore[misc]
            for batch in batches(entries):
                self._send(client, url, batch, reasons)
        return reasons

    def _recorded(self, raw: Any, exchange: str, routing_key: str) -> list[dict[str, Any]]:
        self._recorder = Recorder()
        try:
            self.basic_publish(raw, exchange=exchange, routing_key=routing_key)  # type: ignore[attr-defined]
            return self._recorder.sent
        finally:
            self._recorder = None

    @staticmethod
    def _send(client: Any, url: str, batch: list[tuple[int, dict[str, Any]]], reasons: list[str | None]) -> None:
        entries = [{"Id": str(number), **arguments} for number, (_, arguments) in enumerate(batch)]
        try:
            answer = client.send_message_batch(QueueUrl=url, Entries=entries)
        except (ClientError, BotoCoreError, OSError) as error:
            for index, _ in batch:
                reasons[index] = f"not confirmed by SQS: {error!r}"
            return
        for failed in answer.get("Failed", []):
            reasons[batch[int(failed["Id"])][0]] = f"refused by SQS: {failed['Code']} {failed.get('Message', '')}"


def batches(entries: list[tuple[int, dict[str, Any]]]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Cut messages into what one call may carry: `MESSAGES` of them, and `BYTES` of bodies."""
    batch: list[tuple[int, dict[str, Any]]] = []
    size = 0
    for entry in entries:
        body = len(entry[1]["MessageBody"])
        if batch and (len(batch) == MESSAGES or size + body > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += body
    if batch:
        yield batch
