"""FIFO queues of the emulator's SQS: a call chooses its message group, and a group runs in order."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.broker_kinds import BrokerKind
from celery_platform.errors import RefusedMessageError
from celery_platform.refusals.message_group import refuse_a_group_that_nothing_keeps
from celery_platform.settings import QueueSettings

from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.processes import running
from tests.harness.waiting import eventually

FIFO = {label: {"fifo": True, "max_countdown_seconds": 0} for label in ("quick", "slow")}
SEND = """
from exercises.probe import slow
for turn in range({times}):
    for group in {groups}:
        slow.apply_async((f"{folder}/{{group}}", 0.4), queue="{queue}", MessageGroupId=group)
"""
FAIL = """
from exercises.probe import flaky
print(flaky.apply_async(("{file}", 9), queue="quick", MessageGroupId="one").id)
"""


@pytest.fixture(scope="module")
def fifo(folder: Path, aws_endpoint: str, plain_results: str, application: Application) -> TestEnvironment:
    """An environment with a FIFO queue for a pool of threads and one for a pool of processes."""
    (folder / "fifo").mkdir()
    return prepare(
        "sqs", folder / "fifo", Servers(aws_endpoint, "sqs://", plain_results, application), "fifo", queues=FIFO
    )


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


@pytest.mark.parametrize(("pool", "queue"), [("io", "quick"), ("cpu", "slow")])
def test_a_group_runs_in_order_while_another_runs_beside_it(
    fifo: TestEnvironment, tmp_path: Path, pool: str, queue: str
) -> None:
    fifo.python(SEND.format(times=4, groups=["one", "two"], folder=tmp_path, queue=queue))
    one, two = tmp_path / "one", tmp_path / "two"

    with fifo.worker(pool):
        eventually(lambda: lines(one) and lines(two), "a first task of each group")
        beside = len(lines(one)) < 8 and len(lines(two)) < 8
        eventually(lambda: len(lines(one)) == len(lines(two)) == 8, "the last task of each group")

    assert lines(one) == lines(two) == ["begins", "ends"] * 4
    assert beside, "the second group had to wait for the first to end"


def test_a_retry_and_a_dead_lettered_message_stay_in_their_group(fifo: TestEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "tries"
    sqs = fifo.client("sqs")
    url = sqs.get_queue_url(QueueName=fifo.resolved["queues"]["quick"]["dead_letter_name"])["QueueUrl"]

    # A FIFO queue cannot delay a message: a retry waits in the result store, and beat sends it when it is due.
    beat = [sys.executable, "-m", "celery_platform", "beat"]
    with fifo.worker("io"), running(beat, tmp_path / "beat.log", fifo.variables):
        fifo.python(FAIL.format(file=file))
        received: list[dict[str, dict[str, str]]] = []

        def arrived() -> bool:
            answer = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["MessageGroupId"])
            received.extend(answer.get("Messages", []))
            return bool(received)

        eventually(arrived, "the dead-lettered message")

    assert lines(file) == ["try"] * 3
    assert received[0]["Attributes"]["MessageGroupId"] == "one"


@pytest.fixture
def refuse() -> Callable[[object, str], None]:
    queue = QueueSettings("quick", "celery-x-quick", "celery-x-quick-dlq", 5, 20, 30, 100, 0, 1, None)
    return lambda group, kind: refuse_a_group_that_nothing_keeps(
        "ship", queue, {"MessageGroupId": group}, BrokerKind(kind)
    )


@pytest.mark.parametrize("kind", ["rabbitmq", "amazon_mq", "redis"])
def test_a_group_is_refused_on_a_broker_without_groups(refuse: Callable[[object, str], None], kind: str) -> None:
    with pytest.raises(RefusedMessageError, match=f"MessageGroupId of ship on SQS.*; found 'one' on {kind}"):
        refuse("one", kind)


@pytest.mark.parametrize("group", ["", "with space", "x" * 129, 7])
def test_a_group_that_sqs_would_refuse_is_refused_before(refuse: Callable[[object, str], None], group: object) -> None:
    with pytest.raises(RefusedMessageError, match="1 to 128 letters, digits and punctuation"):
        refuse(group, "sqs")
