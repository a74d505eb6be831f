"""Read a dead letter queue of SQS: messages are received, hidden for a while, and made visible again at the end."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from celery_platform.brokers.dead_lettered.envelope import unpack
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.dead_lettered.message import dead_lettered_message
from celery_platform.brokers.sqs.receipts import Receipts
from celery_platform.settings import QueueSettings

BATCH = 10  # SQS's most for one request
# The visibility timeout: after it, a message that a dead process held is back. A batch at the slowest replay takes 20
# s. Of a reading that takes longer than a minute, it grows up to the second.
HOLD_SECONDS, MOST_HOLD_SECONDS = 60, 900
# Long polling asks every server of the queue; a short poll may find nothing although something is there.
WAIT_SECONDS = 1
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
    with closing(Receipts()) as receipts:
        try:
            yield _messages(sqs, url, queue, receipts)
        finally:
            _give_back(sqs, url, receipts)


def _messages(sqs: Any, url: str, queue: QueueSettings, receipts: Receipts) -> Iterator[Held]:
    began = newest = time.monotonic()
    while time.monotonic() - newest < MOST_HOLD_SECONDS:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=_hold_seconds(time.monotonic() - began),
            WaitTimeSeconds=WAIT_SECONDS,
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        # Of the whole batch before one is yielded: a reader that stops in the middle gives back the rest as well.
        for message in receipts.received(messages):
            yield Held(
                dead_lettered_message(queue.label, *unpack(message["Body"]), max_deliveries=queue.max_deliveries),
                partial(_remove, sqs, url, receipts, message["MessageId"]),
            )
            newest = time.monotonic()


def _hold_seconds(reading: float) -> int:
    """For how long to hold what is received after so many seconds of reading.

    Messages that come back while a queue is read are received again instead of those that were not yet. Held for twice
    as long as the reading took so far, they are out of its way for longer each time.
    """
    return int(min(MOST_HOLD_SECONDS, max(HOLD_SECONDS, 2 * reading)))


def _remove(sqs: Any, url: str, receipts: Receipts, identifier: str) -> None:
    sqs.delete_message(QueueUrl=url, ReceiptHandle=receipts.of(identifier))
    receipts.forget(identifier)


def _give_back(sqs: Any, url: str, receipts: Receipts) -> None:
    for held in receipts.held(BATCH):
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0} for number, receipt in enumerate(held)
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
