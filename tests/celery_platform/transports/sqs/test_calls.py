"""How many HTTP calls a message costs on SQS, counted between the app and the emulator."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.refusing_proxy import refusing_proxy
from tests.harness.waiting import eventually

MESSAGES = 400
SEND = """
from celery_platform.publishing import publish_many
from exercises import probe
print(len(publish_many(probe.due, [(({file!r},), {{}})] * {count}).ids))
"""
# The issue asks for 0.4; a receive and a delete of ten messages each make 0.2.
CALLS_EACH = 0.4


def left(environment: TestEnvironment) -> int:
    """Messages of the queue that wait or are held."""
    sqs = environment.client("sqs")
    url = sqs.get_queue_url(QueueName=environment.resolved["queues"]["quick"]["name"])["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


@pytest.mark.parametrize("pool", ["prefork", "turbo"])
def test_a_message_at_load_costs_less_than_half_a_call(sqs: TestEnvironment, tmp_path: Path, pool: str) -> None:
    file = tmp_path / "ran"
    assert sqs.python(SEND.format(file=str(file), count=MESSAGES)) == str(MESSAGES)
    variant = sqs.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": 32}})

    with (
        refusing_proxy(sqs.endpoint) as (endpoint, counted),
        variant.worker("io", AWS_ENDPOINT_URL=endpoint),
    ):
        eventually(lambda: file.exists() and len(file.read_text().splitlines()) == MESSAGES, "all tasks", 60)
        eventually(lambda: left(sqs) == 0, "all deletes")
        calls = Counter({name: count for name, count in counted.asked.items() if "Message" in name})

    assert calls["DeleteMessage"] == 0
    assert calls.total() / MESSAGES <= CALLS_EACH, calls


def test_many_messages_are_sent_ten_to_a_call(sqs: TestEnvironment, tmp_path: Path) -> None:
    with refusing_proxy(sqs.endpoint) as (endpoint, counted):
        sender = replace(sqs, variables=sqs.variables | {"AWS_ENDPOINT_URL": endpoint})
        assert sender.python(SEND.format(file=str(tmp_path / "ran"), count=95)) == "95"

    assert counted.asked["SendMessageBatch"] == 10
    assert counted.asked["SendMessage"] == 0
