"""Read a dead letter queue of SQS: messages are received, hidden for a while, and made visible again at the end."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from celery_platform.brokers.dead_lettered.envelope import unpack
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.dead_lettered.message import dead_lettered_message
from celery_platform.settings import QueueSettings

BATCH = 10  # SQS's most for one request
# The visibility timeout: after it, a message that a dead process held is back. A batch at the slowest replay takes 20
# s.
HOLD_SECONDS = 60
# Long polling asks every server of the queue; a short poll may find nothing although something is there.
WAIT_SECONDS = 1
POLLS_WITHOUT_NEW_MESSAGES = 3
# As many connections as a client of boto3 keeps.
POLLED_AT_ONCE = 10


def with_messages(sqs: Any, urls: Mapping[str, str]) -> set[str]:
    """Return the names of the queues that have a message; each is polled once, many at a time.

    Read one after another, thirty empty queues would take half a minute. SQS counts its messages only approximately, so
    each is asked for one, which stays visible. `urls` is by name.
    """

    def has_one(url: str) -> bool:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=0, WaitTimeSeconds=WAIT_SECONDS
        )
        return bool(answer.get("Messages"))

    with ThreadPoolExecutor(POLLED_AT_ONCE) as threads:
        return {name for name, found in zip(urls, threads.map(has_one, urls.values()), strict=True) if found}


@contextmanager
def open_queue(sqs: Any, url: str, queue: QueueSettings) -> Iterator[Iterator[Held]]:
    """Yield the messages that are there now, in no order; those not removed are visible again afterwards."""
    # The receipt handle of each message that was received, and none of those removed: not the messages, because tens
    # of thousands of them are large.
    receipts: dict[str, str | None] = {}
    try:
        yield _messages(sqs, url, queue, receipts)
    finally:
        _give_back(sqs, url, [receipt for receipt in receipts.values() if receipt])


def _messages(sqs: Any, url: str, queue: QueueSettings, receipts: dict[str, str | None]) -> Iterator[Held]:
    nothing_new = 0
    while nothing_new < POLLS_WITHOUT_NEW_MESSAGES:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=HOLD_SECONDS, WaitTimeSeconds=WAIT_SECONDS
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        nothing_new += 1
        new = [message for message in messages if message["MessageId"] not in receipts]
        # Of the whole batch before one is yielded: a reader that stops in the middle gives back the rest as well.
        for message in messages:
            identifier = message["MessageId"]
            # Held beyond its visibility timeout, a message is delivered again, with another receipt handle.
            if identifier not in receipts or receipts[identifier]:
                receipts[identifier] = message["ReceiptHandle"]
        for message in new:
            nothing_new = 0
            yield Held(
                dead_lettered_message(queue.label, *unpack(message["Body"]), max_deliveries=queue.max_deliveries),
                partial(_remove, sqs, url, receipts, message["MessageId"]),
            )


def _remove(sqs: Any, url: str, receipts: dict[str, str | None], identifier: str) -> None:
    sqs.delete_message(QueueUrl=url, ReceiptHandle=receipts[identifier])
    receipts[identifier] = None


def _give_back(sqs: Any, url: str, receipts: list[str]) -> None:
    for start in range(0, len(receipts), BATCH):
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
            for number, receipt in enumerate(receipts[start : start + BATCH])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
