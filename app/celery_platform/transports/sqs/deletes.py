"""Acknowledgements on SQS, ten to a call, by a thread of their own: the event loop waits for none of them."""

import heapq
import itertools
import logging
import queue
import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from botocore.exceptions import ClientError

from celery_platform.guards.answers import Answers, back_off
from celery_platform.reliability.signals import broker_refused
from celery_platform.transports.sqs.limits import MESSAGES

logger = logging.getLogger(__name__)

OPERATION = "DeleteMessageBatch"
# The longest that a message done waits for others: what a killed worker repeats is what it did within this time.
FLUSH_SECONDS = 0.2
# At deleting a message that SQS names among the failed ones of a call, with back-off between them: half a minute. boto3
# does not try such a message again. A call that is refused as a whole is tried until it is taken.
ATTEMPTS = 8
# A call that is not answered within this time counts as refused: it may hang, or boto3 waits between its own attempts.
# What was done until then is repeated if the worker is killed.
ANSWER_SECONDS = 1.0
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

    While SQS refuses deletes, `refused` is true: a message taken meanwhile would be done and then come again.

    Example: `deletes.add(Done(client, url, receipt))`, and `deletes.flush()` before the process ends
    """

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Done | threading.Event | None] = queue.SimpleQueue()
        self._pending: dict[str, list[Done]] = defaultdict(list)
        # What was refused, by when it is tried again.
        self._later: list[tuple[float, int, Done]] = []
        self._order = itertools.count()
        self._due = 0.0
        self._asked_at: float | None = None
        self._thread: threading.Thread | None = None
        self._answers = Answers(OPERATION)
        self._ending = False

    @property
    def refused(self) -> bool:
        """Whether SQS refused the last call for some queue, or does not answer the one under way."""
        asked_at = self._asked_at
        return self._answers.troubled or (asked_at is not None and monotonic() - asked_at > ANSWER_SECONDS)

    def add(self, done: Done) -> None:
        """Delete this message with the next batch."""
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
        self._ending = True
        self.flush()
        self._given.put(None)

    def _run(self) -> None:
        while True:
            try:
                given = self._given.get(timeout=self._idle_seconds())
            except queue.Empty:
                self._collect_again(monotonic())
                self._delete_all()
                continue
            if isinstance(given, Done):
                self._collect(given)
                continue
            self._collect_again(float("inf"))  # who waits for this ends the process next
            self._delete_all()
            if given is None:
                return
            given.set()

    def _idle_seconds(self) -> float | None:
        """Seconds until there is something to do without being given anything; `None` when there is nothing."""
        times = [*([self._due] if self._pending else ()), *(at for at, _, _ in self._later[:1])]
        return max(0.0, min(times) - monotonic()) if times else None

    def _collect(self, done: Done) -> None:
        if not self._pending:
            self._due = monotonic() + FLUSH_SECONDS
        batch = self._pending[done.url]
        batch.append(done)
        if len(batch) == MESSAGES:
            del self._pending[done.url]
            self._delete(batch)

    def _collect_again(self, until: float) -> None:
        due = []
        while self._later and self._later[0][0] <= until:
            due.append(heapq.heappop(self._later)[2])
        for done in due:
            self._collect(done)

    def _delete_all(self) -> None:
        for url in list(self._pending):
            self._delete(self._pending.pop(url))

    def _delete(self, batch: list[Done]) -> None:
        url = batch[0].url
        entries = [{"Id": str(number), "ReceiptHandle": done.receipt} for number, done in enumerate(batch)]
        self._asked_at = monotonic()
        try:
            answer = batch[0].client.delete_message_batch(QueueUrl=url, Entries=entries)
        except Exception as error:  # whatever it is: without this thread no message would be deleted any more
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            wait = self._answers.refused(url, code, error)
            self._again(batch, wait)
            return
        finally:
            self._asked_at = None
        self._answers.accepted(url)
        for failed in answer.get("Failed", []):
            broker_refused.send(sender=None, operation=OPERATION, answer=failed["Code"])
            self._not_deleted(batch[int(failed["Id"])], failed["Code"], sender_fault=failed["SenderFault"])

    def _not_deleted(self, done: Done, why: str, *, sender_fault: bool) -> None:
        done = replace(done, attempts=done.attempts + 1)
        if sender_fault or done.attempts == ATTEMPTS:
            logger.warning("a message of %s that is done was not deleted and will come again: %s", done.url, why)
        else:
            self._again([done], back_off(done.attempts))

    def _again(self, batch: list[Done], seconds: float) -> None:
        if self._ending:
            logger.warning(
                "%s messages of %s that are done were not deleted: they come again", len(batch), batch[0].url
            )
            return
        for done in batch:
            heapq.heappush(self._later, (monotonic() + seconds, next(self._order), done))
