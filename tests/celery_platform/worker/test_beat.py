"""Two beats on a real Valkey: one sends, a frozen one is replaced in time, and no turn is sent twice."""

import base64
import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

LOCK_SECONDS = 6
OFTEN = f"""
from exercises.celery import celery
entry = {{"task": "exercises.nightly.summary", "schedule": 1.0}}
from celery_platform.settings import runtime
runtime().environment.schedule.clear()
celery.conf.beat_schedule  # applies the platform's settings, so that they can be shortened
celery.conf.update(redbeat_lock_timeout={LOCK_SECONDS}, beat_max_loop_interval=1, beat_schedule={{"often": entry}})
from celery_platform.worker.start import start_beat
start_beat()
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Beat:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def leads(self) -> bool:
        return "Acquired lock" in self.log.read_text()

    @property
    def sent(self) -> int:
        return self.log.read_text().count("Sending due task")


@contextmanager
def two_beats(environment: TestEnvironment, folder: Path) -> Iterator[tuple[Beat, Beat]]:
    """The beat that holds the lock, and the one that waits for it."""
    with ExitStack() as stack:

        def start(name: str) -> Beat:
            log = folder / f"{name}.log"
            command = [sys.executable, "-c", OFTEN]
            return Beat(stack.enter_context(running(command, log, environment.variables, stop_seconds=5)), log)

        leader = start("leader")
        eventually(lambda: leader.leads and leader.sent > 1, "the first beat's work")
        other = start("other")
        eventually(lambda: "beat" in other.log.read_text(), "the second beat")
        yield leader, other


def moments(environment: TestEnvironment) -> list[float]:
    """The times at which the messages in the queue were sent, in order."""
    sqs = environment.client("sqs")
    url = sqs.get_queue_url(QueueName=environment.resolved["queues"]["nightly"]["name"])["QueueUrl"]
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in batch:
            body = json.loads(base64.b64decode(message["Body"]))
            found.append(float(body["headers"]["sent_at"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found)


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_a_frozen_beat_is_replaced_and_no_turn_is_sent_twice(
    sqs: TestEnvironment, tmp_path: Path, fate: signal.Signals
) -> None:
    moments(sqs)
    with two_beats(sqs, tmp_path) as (leader, other):
        assert not other.leads
        leader.process.send_signal(fate)
        # The lifetime of its lock, and the other beat's next check.
        eventually(lambda: other.leads, "the second beat's lock", seconds=LOCK_SECONDS + 10)
        eventually(lambda: other.sent > 2, "the second beat's work")
        if fate is signal.SIGSTOP:
            before = leader.sent
            leader.process.send_signal(signal.SIGCONT)
            eventually(lambda: leader.process.poll() is not None, "the end of the beat that lost its lock")
            assert leader.sent - before <= 1
    sent = moments(sqs)

    assert len(sent) > 4
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert min(gaps) > 0.5, f"two in one turn: {sent}"


TWO_SEE_ONE_TURN = """
from exercises.celery import celery
from celery_platform.worker.beat import Scheduler
entry = {"task": "exercises.nightly.summary", "schedule": 1.0}
celery.conf.update(beat_schedule={"turn": entry})
first, second = Scheduler(app=celery), Scheduler(app=celery)
seen_by_first, seen_by_second = first.schedule["turn"], second.schedule["turn"]
print([scheduler.apply_async(entry) is not None
       for scheduler, entry in ((first, seen_by_first), (second, seen_by_second))])
"""


def test_a_turn_that_another_beat_has_sent_is_not_sent_again(sqs: TestEnvironment) -> None:
    moments(sqs)

    assert sqs.python(TWO_SEE_ONE_TURN).splitlines()[-1] == "[True, False]"
    assert len(moments(sqs)) == 1
