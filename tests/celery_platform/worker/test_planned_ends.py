"""A worker that ends as planned costs no message a delivery: what it had taken runs before it ends."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.brokers.sqs.broker import WAIT_TIME_SECONDS
from celery_platform.environment.time_budget import SHUTDOWN_SECONDS
from celery_platform.transports.drain import NOTICED_SECONDS
from celery_platform.worker.stop import RESERVE_SECONDS

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

TASKS = 100
# Sends tasks of so many seconds each to the queue `quick`.
SEND = "from exercises import probe\nfor _ in range({count}): probe.counted.delay({file!r}, {seconds})"
# Takes every message of the queue, and says how often each was delivered before.
COUNTS = """
import json
from exercises.celery import celery
with celery.connection_for_write() as connection:
    channel, counts = connection.default_channel, []
    while (message := channel.basic_get({queue!r}, no_ack=True)) is not None:
        counts.append((message.headers or {{}}).get("x-delivery-count", 0))
print(json.dumps(counts))
"""


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def left(environment: TestEnvironment) -> list[int]:
    """Take what waits in the queue: how often each message was delivered."""
    queue = environment.resolved["queues"]["quick"]["name"]
    counts: list[int] = json.loads(environment.python(COUNTS.format(queue=queue)))
    return counts


@pytest.mark.parametrize("processes", [1, 2])
def test_recycling_costs_no_delivery(rabbitmq: TestEnvironment, tmp_path: Path, processes: int) -> None:
    pool = {"type": "turbo", "concurrency": processes, "prefetch_multiplier": 64, "max_tasks_per_child": 10}
    environment, file = rabbitmq.variant(tmp_path, pools={"io": pool}), tmp_path / "ran"
    environment.python(SEND.format(count=TASKS, file=str(file), seconds=0.15))

    with environment.worker("io") as (_, log):
        eventually(lambda: len(lines(file)) == TASKS, f"every task; {log}", 90)
        assert log.read_text().count("asked to end") > 3

    assert set(lines(file)) == {"0"}, "messages were delivered more than once"


@pytest.mark.parametrize("pool", ["turbo", "prefork", "threads", "gevent", "solo", "asyncio"])
def test_a_stop_costs_no_delivery(rabbitmq: TestEnvironment, tmp_path: Path, pool: str) -> None:
    environment, file = (
        rabbitmq.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": 12}}),
        tmp_path / "ran",
    )
    environment.python(SEND.format(count=TASKS, file=str(file), seconds=0.15))

    with environment.worker("io") as (process, log):
        eventually(lambda: len(lines(file)) > 4, f"the first tasks; {log}", 60)
        process.terminate()
        assert process.wait(40) == 0
    time.sleep(0.5)
    ran, counts = lines(file), left(environment)

    assert len(ran) + len(counts) == TASKS
    assert set(ran) == {"0"}
    assert set(counts) == {0}


# How often each message that waits was delivered before, where the broker is not RabbitMQ.
def left_on_sqs(environment: TestEnvironment) -> list[int]:
    sqs, counts = environment.client("sqs"), []
    url = sqs.get_queue_url(QueueName=environment.resolved["queues"]["quick"]["name"])["QueueUrl"]
    options = {"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["ApproximateReceiveCount"]}
    while messages := sqs.receive_message(**options).get("Messages"):
        counts += [int(message["Attributes"]["ApproximateReceiveCount"]) - 1 for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return counts


@pytest.mark.parametrize("pool", ["turbo", "threads"])
def test_a_stop_costs_no_delivery_on_sqs(sqs: TestEnvironment, tmp_path: Path, pool: str) -> None:
    pools = {"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": 12}}
    environment, file = sqs.variant(tmp_path, pools=pools), tmp_path / "ran"
    environment.python(SEND.format(count=TASKS, file=str(file), seconds=0.15))

    with environment.worker("io") as (process, log):
        eventually(lambda: len(lines(file)) > 4, f"the first tasks; {log}", 60)
        process.terminate()
        assert process.wait(40) == 0
    ran, counts = lines(file), left_on_sqs(environment)

    assert len(ran) + len(counts) == TASKS, "messages are invisible"
    assert set(counts) == {0}


def url_of(environment: TestEnvironment, label: str) -> str:
    queue = environment.resolved["queues"][label]["name"]
    return str(environment.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])


def numbers_of(environment: TestEnvironment, label: str) -> tuple[int, int]:
    """The numbers of visible and of invisible messages in a queue on SQS."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    options = {"QueueUrl": url_of(environment, label), "AttributeNames": names}
    attributes = environment.client("sqs").get_queue_attributes(**options)["Attributes"]
    return int(attributes[names[0]]), int(attributes[names[1]])


def sender_of_the_same(environment: TestEnvironment, label: str) -> Callable[[], None]:
    """Take the message that waits in a queue on SQS; returns how to send it again and again."""
    sqs, url = environment.client("sqs"), url_of(environment, label)
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def send() -> None:
        sqs.send_message(QueueUrl=url, MessageBody=message["Body"])

    return send


@pytest.mark.parametrize("pool", ["turbo", "prefork", "threads", "gevent", "solo", "asyncio"])
@pytest.mark.parametrize("begin_for", [0, 2])
def test_what_the_last_poll_brings_is_not_invisible_after_a_stop_on_sqs(
    sqs: TestEnvironment, tmp_path: Path, pool: str, begin_for: int
) -> None:
    """Given an idle worker whose poll has just begun, when it is stopped and messages arrive after it is too late for
    them to begin, then each of them is visible when the worker has ended.
    """
    label, settings = "quick", {"type": pool, "concurrency": 2, "prefetch_multiplier": 4, "queues": ["quick"]}
    environment, file, sent = sqs.variant(tmp_path, pools={"io": settings}), tmp_path / "ran", 0
    limit = environment.resolved["queues"][label]["time_budget"]["hard_time_limit"]
    environment.python(SEND.format(count=1, file=str(file), seconds=0))
    send = sender_of_the_same(environment, label)

    with environment.worker("io", CELERY_STOP_TIMEOUT=str(limit + RESERVE_SECONDS + begin_for)) as (process, log):
        send()
        eventually(lambda: lines(file), f"the first task, after which a new poll begins; {log}", 60)
        time.sleep(0.5)
        process.terminate()
        time.sleep(begin_for + 1)
        while process.poll() is None:
            send()
            sent += 1
            time.sleep(0.5)
        for _ in range(3):
            send()
            time.sleep(0.5)
        assert process.wait(40) == 0

    assert numbers_of(environment, label) == (sent + 3, 0)
    assert lines(file) == ["0"]


@pytest.mark.parametrize("pool", ["prefork", "threads", "gevent", "asyncio"])
def test_what_waits_for_a_slot_does_not_begin_when_it_is_too_late(
    sqs: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    """Given a busy process, thread or greenlet, three messages behind it and a poll without an answer, when the
    worker is stopped with time for what runs only, then the three are given back although the poll is waited for.
    """
    settings = {"type": pool, "concurrency": 1, "prefetch_multiplier": 9, "queues": ["quick"]}
    environment, file = sqs.variant(tmp_path, pools={"io": settings}), tmp_path / "ran"
    limit = environment.resolved["queues"]["quick"]["time_budget"]["hard_time_limit"]
    environment.python(SEND.format(count=4, file=str(file), seconds=2))

    with environment.worker("io", CELERY_STOP_TIMEOUT=str(limit)) as (process, log):
        eventually(lambda: numbers_of(environment, "quick") == (0, 4), f"that it takes the messages; {log}", 60)
        process.terminate()
        assert process.wait(40) == 0
    ran, counts = lines(file), left_on_sqs(environment)

    assert (len(ran), len(counts)) == (1, 3)


def test_a_poll_that_has_just_begun_ends_while_its_messages_may_still_begin() -> None:
    """Of a stop after which the worker is killed when its time budget says so."""
    assert NOTICED_SECONDS + WAIT_TIME_SECONDS < SHUTDOWN_SECONDS - RESERVE_SECONDS
