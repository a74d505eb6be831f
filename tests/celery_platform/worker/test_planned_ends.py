"""A worker that ends as planned costs no message a delivery: what it had taken runs before it ends."""

import json
import time
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("pool", ["turbo", "prefork", "threads", "gevent", "solo"])
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
