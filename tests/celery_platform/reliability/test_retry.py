"""The retry policy waits no longer than it says, and a real worker follows it."""

import sys
import time
from pathlib import Path

import pytest
from celery import Celery
from celery.utils.time import get_exponential_backoff_interval
from celery_platform.attachment import attach
from celery_platform.reliability.retry import Retry
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

SEND = "from exercises.probe import flaky; print(flaky.delay({file!r}, {failures}).id)"


@given(first=st.integers(1, 30), longest=st.integers(1, 900), times=st.integers(0, 12))
def test_no_sequence_of_waits_is_longer_than_most_seconds(first: int, longest: int, times: int) -> None:
    policy = Retry(times=times, first_seconds=first, longest_seconds=longest)
    options = policy.options()
    waits = [
        get_exponential_backoff_interval(
            options["retry_backoff"], number, options["retry_backoff_max"], full_jitter=True
        )
        for number in range(options["max_retries"])
    ]

    assert all(0 <= wait <= longest for wait in waits)
    assert sum(waits) <= policy.most_seconds()


@pytest.mark.usefixtures("inside_sqs")
def test_every_task_has_the_default_policy_unless_it_states_its_own() -> None:
    def nothing() -> None:
        """Succeed."""

    app = attach(Celery("policies"))
    silent = app.task(name="probe.silent")(nothing)
    states = app.task(name="probe.states", autoretry_for=(OSError,), max_retries=1)(nothing)

    assert hasattr(silent, "_orig_run"), "Celery's autoretry wraps what is tried again"
    assert states.max_retries == 1


@pytest.mark.parametrize(("failures", "tries", "end"), [(2, 3, "succeeded"), (9, 3, "failed")])
def test_a_transient_error_is_tried_again_as_often_as_the_policy_says(
    rabbitmq: TestEnvironment, tmp_path: Path, failures: int, tries: int, end: str
) -> None:
    file = tmp_path / "tries"
    with rabbitmq.worker("io") as (_, log):
        task_id = rabbitmq.python(SEND.format(file=str(file), failures=failures))
        eventually(lambda: len(ends(log, "probe.flaky", task_id)) == tries, end)
        time.sleep(0.5)

    # By attempt: a retry is logged after it is sent, and another thread may have run it by then.
    found = sorted(ends(log, "probe.flaky", task_id), key=lambda each: each["attempt"])
    assert [each["event"] for each in found] == ["task retried"] * 2 + [f"task {end}"]
    assert file.read_text().count("try") == tries


# The broker takes nothing while the task would be sent again, twice.
REFUSES_TWICE = """
from kombu.exceptions import OperationalError
from celery_platform.attachment.application_class import PlatformApp
from exercises import probe
send, left = PlatformApp.send_task, [2]
def send_task(self, *given, **named):
    if left[0]:
        left[0] -= 1
        raise OperationalError("no broker")
    return send(self, *given, **named)
PlatformApp.send_task = send_task
from celery.app.task import Task
apply_async = Task.apply_async
def refused(self, *given, **named):
    if left[0]:
        left[0] -= 1
        raise OperationalError("no broker")
    return apply_async(self, *given, **named)
Task.apply_async = refused
from celery_platform.worker.start import start_worker
start_worker("io")
"""


def test_a_retry_that_cannot_be_sent_is_requeued(redis: TestEnvironment, tmp_path: Path) -> None:
    """Celery rejects such a message for good, which loses it on Redis."""
    file, log = tmp_path / "tries", tmp_path / "worker.log"
    with running([sys.executable, "-c", REFUSES_TWICE], log, redis.variables):
        task_id = redis.python(SEND.format(file=str(file), failures=3))
        eventually(lambda: [end for end in ends(log, "probe.flaky", task_id) if end["event"] == "task succeeded"], "it")

    events = [end["event"] for end in ends(log, "probe.flaky", task_id)]
    assert events.count("task rejected") == 2
    assert file.read_text().count("try") == 4
