"""What is pending is deleted: soon, before a stop, and again after a refusal."""

import os
from pathlib import Path
from typing import Any

import pytest
from celery_platform.transports.sqs.deletes import ATTEMPTS, FLUSH_SECONDS, Deletes, Done
from kombu.transport.SQS.exceptions import AccessDeniedQueueException

from tests.harness.environment import TestEnvironment
from tests.harness.refusing_proxy import refusing_proxy
from tests.harness.waiting import eventually

from .test_calls import left

SEND = """
from exercises import probe
for _ in range({count}):
    probe.due.delay({file!r})
"""


class Queue:
    """A queue of the emulator's with messages in hand."""

    def __init__(self, client: Any, count: int) -> None:
        self.client = client
        self.url = client.create_queue(QueueName=f"deletes-{os.urandom(3).hex()}")["QueueUrl"]
        for _ in range(count):
            client.send_message(QueueUrl=self.url, MessageBody="work")
        self.receipts: list[str] = []
        while len(self.receipts) < count:
            got = client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            self.receipts += [message["ReceiptHandle"] for message in got.get("Messages", [])]

    def held(self) -> int:
        """Messages that are not deleted."""
        name = "ApproximateNumberOfMessagesNotVisible"
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def test_three_are_deleted_without_waiting_for_seven_more(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 3), Deletes()
    for receipt in queue.receipts:
        deletes.add(Done(queue.client, queue.url, receipt))

    eventually(lambda: queue.held() == 0, "the deletes", FLUSH_SECONDS + 5)


def test_a_flush_waits_for_what_is_pending(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 12), Deletes()
    for receipt in queue.receipts:
        deletes.add(Done(queue.client, queue.url, receipt))

    assert deletes.flush()
    assert queue.held() == 0


def test_what_is_refused_for_a_while_is_deleted_then(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 2), Deletes()
    refusing = _Refusing(queue.client, ATTEMPTS - 1)
    for receipt in queue.receipts:
        deletes.add(Done(refusing, queue.url, receipt))

    eventually(lambda: queue.held() == 0, "the deletes", 10)


def test_an_error_that_nobody_foresaw_does_not_end_the_deleting(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    deletes.add(Done(None, "http://localhost/queue", "receipt"))
    deletes.flush()
    deletes.add(Done(queue.client, queue.url, queue.receipts[0]))

    eventually(lambda: queue.held() == 0, "the delete", 10)


def test_what_is_always_refused_is_given_up_and_said(sqs: TestEnvironment, caplog: pytest.LogCaptureFixture) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    deletes.add(Done(_Refusing(queue.client, 99), queue.url, queue.receipts[0]))

    eventually(lambda: "will come again" in caplog.text, "the warning", 10)
    assert queue.held() == 1


def test_a_role_that_may_not_delete_gets_an_error_at_the_next_acknowledgement(sqs: TestEnvironment) -> None:
    deletes = Deletes()
    deletes.add(Done(_Denying(sqs.client("sqs")), "http://localhost/queue", "receipt"))
    deletes.flush()

    with pytest.raises(AccessDeniedQueueException, match="not authorized"):
        deletes.add(Done(None, "http://localhost/queue", "receipt"))


def test_a_worker_that_stops_has_deleted_what_it_did(sqs: TestEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "ran"
    variant = sqs.variant(tmp_path, pools={"io": {"type": "solo"}})
    with (
        refusing_proxy(sqs.endpoint) as (endpoint, _),
        variant.worker("io", AWS_ENDPOINT_URL=endpoint) as (
            process,
            log,
        ),
    ):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        sqs.python(SEND.format(file=str(file), count=3))
        eventually(lambda: file.exists() and len(file.read_text().splitlines()) == 3, "the tasks")
        process.terminate()
        process.wait(20)

    assert left(sqs) == 0


# The emulator refuses nothing by chance, and gives the test's own keys every right.
class _Refusing:
    """A client whose first deletes fail for a reason that is not the caller's."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self._times = client, times

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - boto3's
        self._times -= 1
        if self._times >= 0:
            failed = [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in Entries]
            return {"Failed": failed, "Successful": []}
        return self._client.delete_message_batch(QueueUrl=QueueUrl, Entries=Entries)


class _Denying:
    """A client as a role without sqs:DeleteMessage has it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def delete_message_batch(self, **_: Any) -> Any:
        error = {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: sqs:DeleteMessage"}}
        raise self._client.exceptions.ClientError(error, "DeleteMessageBatch")
