"""Reading the dead letter queues of SQS: the empty ones take no time each."""

import json
import threading
import time
from typing import Any

import pytest
from celery_platform.brokers import broker_of
from celery_platform.brokers.sqs import dead_letters
from celery_platform.brokers.sqs.dead_letters import open_queue, with_messages
from celery_platform.settings import runtime
from celery_platform.settings.discovery import client

QUEUES = 12
HAVE_ONE = {"dead-3", "dead-7"}


@pytest.fixture
def client_of_sqs(inside_sqs: None) -> Any:  # noqa: ARG001 - the environment's account
    return client("sqs")


@pytest.fixture
def urls(client_of_sqs: Any) -> dict[str, str]:
    made = {
        f"dead-{number}": client_of_sqs.create_queue(QueueName=f"dead-{number}")["QueueUrl"] for number in range(QUEUES)
    }
    for name in HAVE_ONE:
        client_of_sqs.purge_queue(QueueUrl=made[name])
        client_of_sqs.send_message(QueueUrl=made[name], MessageBody="{}")
    return made


def test_queues_with_messages_are_found_by_one_poll_each_and_side_by_side(
    client_of_sqs: Any, urls: dict[str, str]
) -> None:
    polled, under_way, most, lock = [], 0, 0, threading.Lock()

    def before(params: dict[str, Any], **_: Any) -> None:
        nonlocal under_way, most
        with lock:
            polled.append(params["QueueUrl"])
            under_way += 1
            most = max(most, under_way)

    def after(**_: Any) -> None:
        nonlocal under_way
        with lock:
            under_way -= 1

    client_of_sqs.meta.events.register("provide-client-params.sqs.ReceiveMessage", before)
    client_of_sqs.meta.events.register("after-call.sqs.ReceiveMessage", after)

    assert with_messages(client_of_sqs, urls) == HAVE_ONE
    assert sorted(polled) == sorted(urls.values())
    assert most > 1


def test_a_message_that_was_found_is_read_at_once(client_of_sqs: Any, urls: dict[str, str]) -> None:
    queue = next(iter(runtime().environment.queues.values()))

    assert with_messages(client_of_sqs, urls) == HAVE_ONE
    with open_queue(client_of_sqs, urls["dead-3"], queue) as messages:
        assert len(list(messages)) == 1


def test_a_reader_that_stops_in_the_middle_gives_back_at_once_what_it_had_received(client_of_sqs: Any) -> None:
    queue = next(iter(runtime().environment.queues.values()))
    url = client_of_sqs.create_queue(QueueName="dead-read-in-part")["QueueUrl"]
    for _ in range(3):
        client_of_sqs.send_message(QueueUrl=url, MessageBody="{}")

    with open_queue(client_of_sqs, url, queue) as messages:
        next(messages)

    assert len(client_of_sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 3


def test_a_reading_that_takes_longer_than_messages_are_held_reads_each_of_them_once(
    client_of_sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "HOLD_SECONDS", 1)  # a minute
    queue = next(iter(runtime().environment.queues.values()))
    url = client_of_sqs.create_queue(QueueName="dead-read-slowly")["QueueUrl"]
    sent = {f"m-{number}" for number in range(60)}
    for identifier in sent:
        client_of_sqs.send_message(
            QueueUrl=url, MessageBody=json.dumps({"headers": {"id": identifier}, "body": "e30="})
        )

    read = []
    with open_queue(client_of_sqs, url, queue) as messages:
        for held in messages:
            read.append(held.message.id)
            if len(read) == 40:
                time.sleep(1.2)  # the first forty come back

    assert len(read) == len(sent)
    assert set(read) == sent


def test_the_newest_receipt_removes_a_message_that_was_held_for_too_long(
    client_of_sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "HOLD_SECONDS", 1)
    queue = next(iter(runtime().environment.queues.values()))
    url = client_of_sqs.create_queue(QueueName="dead-removed-late")["QueueUrl"]
    client_of_sqs.send_message(QueueUrl=url, MessageBody="{}")

    with open_queue(client_of_sqs, url, queue) as messages:
        held = next(messages)
        time.sleep(1.2)
        assert list(messages) == [], "it is received again, and not new"
        held.remove()

    assert "Messages" not in client_of_sqs.receive_message(QueueUrl=url)


@pytest.mark.usefixtures("inside_sqs")
def test_one_queue_is_not_asked_before_it_is_read() -> None:
    (queue, *_) = runtime().environment.queues.values()

    assert broker_of(runtime()).with_dead_letters([queue]) == [queue]
