"""Acknowledgements on SQS, ten to a call, by a thread of their own: the event loop waits for none of them."""

import logging
import queue
import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from botocore.exceptions import ClientError
from kombu.transport.SQS.exceptions import AccessDeniedQueueException

from celery_platform.transports.sqs.limits import MESSAGES

logger = logging.getLogger(__name__)

# The longest that a message done waits for others: what a killed worker repeats is what it did within this time.
FLUSH_SECONDS = 0.2
# boto3 itself tries each call several times before these.
ATTEMPTS = 3
# How long a channel that closes waits for what is left to be deleted.
CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class Done:
    """A message to be deleted: with which client, from which queue."""

    client: Any
    url: str
    receipt: str
    attempts: int = 0


class Deletes:
    """Deletes what it is given, soon. What cannot be deleted is said in the log, and comes again.

    Example: `deletes.add(Done(client, url, receipt))`, and `deletes.flush()` before the process ends
    """

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Done | threading.Event | None] = queue.SimpleQueue()
        self._pending: dict[str, list[Done]] = defaultdict(list)
        self._thread: threading.Thread | None = None
        self._denied = ""

    def add(self, done: Done) -> None:
        """Delete this message with the next batch.

        Raises:
            AccessDeniedQueueException: an earlier delete was denied, as the next ones will be.
        """
        if self._denied:
            raise AccessDeniedQueueException(self._denied)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sqs-deletes", daemon=True)
            self._thread.start()
        self._given.put(done)

    def flush(self, seconds: float = CLOSE_SECONDS) -> bool:
        """Wait until everything given so far was tried; false when that takes longer."""
        if self._thread is None:
            return True
        flushed = threading.Event()
        self._given.put(flushed)
        return flushed.wait(seconds)

    def close(self) -> None:
        """Flush, and end the thread: a channel that is opened anew has one of its own."""
        self.flush()
        self._given.put(None)

    def _run(self) -> None:
        due = 0.0
        while True:
            try:
                given = self._given.get(timeout=max(0.0, due - monotonic()) if self._pending else None)
            except queue.Empty:
                self._delete_all()
                continue
            if given is None:
                self._delete_all()  # what could not be deleted a moment ago
                return
            if isinstance(given, threading.Event):
                self._delete_all()
                given.set()
                continue
            if not self._pending:
                due = monotonic() + FLUSH_SECONDS
            batch = self._pending[given.url]
            batch.append(given)
            if len(batch) == MESSAGES:
                del self._pending[given.url]
                self._delete(batch)

    def _delete_all(self) -> None:
        for url in list(self._pending):
            self._delete(self._pending.pop(url))

    def _delete(self, batch: list[Done]) -> None:
        entries = [{"Id": str(number), "ReceiptHandle": done.receipt} for number, done in enumerate(batch)]
        try:
            answer = batch[0].client.delete_message_batch(QueueUrl=batch[0].url, Entries=entries)
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                self._denied = error.response["Error"]["Message"]
            self._not_deleted(batch, repr(error), again=not self._denied)
        except Exception as error:  # whatever it is: without this thread no message would be deleted any more
            self._not_deleted(batch, repr(error), again=True)
        else:
            for failed in answer.get("Failed", []):
                self._not_deleted([batch[int(failed["Id"])]], failed["Code"], again=not failed["SenderFault"])

    def _not_deleted(self, batch: list[Done], why: str, *, again: bool) -> None:
        for done in batch:
            if again and done.attempts + 1 < ATTEMPTS:
                self._given.put(replace(done, attempts=done.attempts + 1))
            else:
                logger.warning("a message of %s that is done was not deleted and will come again: %s", done.url, why)
