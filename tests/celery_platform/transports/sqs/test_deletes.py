"""What is pending is deleted: soon, before a stop, and again after a refusal."""

import itertools
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery_platform.guards import answers
from celery_platform.transports.sqs import deletes as deletes_module
from celery_platform.transports.sqs.deletes import FLUSH_SECONDS, Deletes, Done
from celery_platform.transports.sqs.releases import make_visible

from tests.harness.environment import TestEnvironment
from tests.harness.refusing_proxy import Answer, refusing_proxy
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
    refusing = _Refusing(queue.client, 2)
    for receipt in queue.receipts:
        deletes.add(Done(refusing, queue.url, receipt))

    eventually(lambda: queue.held() == 0, "the deletes", 10)


def test_an_error_that_nobody_foresaw_does_not_end_the_deleting(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    deletes.add(Done(None, "http://localhost/queue", "receipt"))
    deletes.flush()
    deletes.add(Done(queue.client, queue.url, queue.receipts[0]))

    eventually(lambda: queue.held() == 0, "the delete", 10)


def test_what_is_always_refused_is_given_up_and_said(
    sqs: TestEnvironment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "LONGEST_SECONDS", 0.1)  # the waits of half a minute are another test's
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    deletes.add(Done(_Refusing(queue.client, 99), queue.url, queue.receipts[0]))

    eventually(lambda: "will come again" in caplog.text, "the warning", 10)
    assert queue.held() == 1


def test_a_role_that_may_not_delete_goes_on_trying_and_says_that_it_is_refused(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    client = _Denying(queue.client)
    deletes.add(Done(client, queue.url, queue.receipts[0]))
    deletes.flush()
    assert deletes.refused

    client.denies = False
    eventually(lambda: queue.held() == 0, "the delete", 10)
    assert not deletes.refused


def test_a_call_without_an_answer_counts_as_refused_until_there_is_one(
    sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletes_module, "ANSWER_SECONDS", 0.1)
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    client = _Hanging(queue.client)
    deletes.add(Done(client, queue.url, queue.receipts[0]))

    eventually(lambda: deletes.refused, "to be late", 10)
    client.answers.set()
    assert deletes.flush()
    assert not deletes.refused
    assert queue.held() == 0


def test_a_message_that_fails_alone_is_tried_more_and_more_slowly(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    refusing = _Refusing(queue.client, 4)
    deletes.add(Done(refusing, queue.url, queue.receipts[0]))

    eventually(lambda: queue.held() == 0, "the delete", 20)
    pauses = [later - earlier for earlier, later in itertools.pairwise(refusing.asked_at)]
    assert pauses[-1] >= 2, pauses  # half of 0.5 s, doubled three times
    assert pauses == sorted(pauses), pauses


def test_a_flush_waits_for_no_back_off(sqs: TestEnvironment) -> None:
    queue, deletes = Queue(sqs.client("sqs"), 1), Deletes()
    deletes.add(Done(_Refusing(queue.client, 1), queue.url, queue.receipts[0]))
    deletes.flush()

    assert deletes.flush()
    assert queue.held() == 0


@pytest.mark.parametrize("failures", [1, 2])
def test_what_is_given_back_is_visible_after_a_refusal(sqs: TestEnvironment, failures: int) -> None:
    queue = Queue(sqs.client("sqs"), 2)

    make_visible(_Refusing(queue.client, failures), queue.url, queue.receipts)

    assert queue.held() == 0


def test_an_answer_that_is_not_of_sqs_gives_nothing_back_and_is_said(
    sqs: TestEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    """For a list, the parser of boto raises an AttributeError."""
    queue = Queue(sqs.client("sqs"), 1)
    with refusing_proxy(sqs.endpoint) as (endpoint, refusals):
        refusals.answer["ChangeMessageVisibilityBatch"] = Answer(200, b"[]")
        make_visible(replace(sqs, endpoint=endpoint).client("sqs"), queue.url, queue.receipts)

    assert "1 messages of" in caplog.text


def test_what_cannot_be_given_back_is_said(sqs: TestEnvironment, caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue(sqs.client("sqs"), 1)

    make_visible(_Refusing(queue.client, 99), queue.url, queue.receipts)

    assert "1 messages of" in caplog.text
    assert queue.held() == 1


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
    """A client whose first calls fail for each entry, for a reason that is not the caller's."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self._times = client, times
        self.asked_at: list[float] = []

    def _answer(self, operation: str, url: str, entries: list[dict[str, Any]]) -> Any:
        self.asked_at.append(time.monotonic())
        self._times -= 1
        if self._times >= 0:
            failed = [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in entries]
            return {"Failed": failed, "Successful": []}
        return getattr(self._client, operation)(QueueUrl=url, Entries=entries)

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - boto3's
        return self._answer("delete_message_batch", QueueUrl, Entries)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        return self._answer("change_message_visibility_batch", QueueUrl, Entries)


class _Hanging:
    """A client whose call takes as long as somebody wants."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.answers = threading.Event()

    def delete_message_batch(self, **arguments: Any) -> Any:
        """Wait, then ask SQS."""
        self.answers.wait(30)
        return self._client.delete_message_batch(**arguments)


class _Denying:
    """A client as a role without sqs:DeleteMessage has it."""

    def __init__(self, client: Any) -> None:
        self._client, self.denies = client, True

    def delete_message_batch(self, **arguments: Any) -> Any:
        if not self.denies:
            return self._client.delete_message_batch(**arguments)
        error = {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: sqs:DeleteMessage"}}
        raise self._client.exceptions.ClientError(error, "DeleteMessageBatch")
