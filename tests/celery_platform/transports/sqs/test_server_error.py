"""If SQS answers 503 for some time, the guarded worker continues; kombu 5.7.0's exits or stops polling."""

import sys
from pathlib import Path

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.refusing_proxy import refusing_proxy
from tests.harness.waiting import eventually

SEND = "from exercises.quick import note; note.delay({key!r}, {key!r})"
UNGUARDED = """
from celery_platform.transports import registration
registration.install = lambda: None
from celery_platform.worker.start import start_worker
start_worker("io")
"""


def notes(environment: TestEnvironment) -> int:
    return len(environment.services.notes)


def test_the_worker_survives_503_and_runs_tasks_afterwards(sqs: TestEnvironment) -> None:
    with (
        refusing_proxy(sqs.endpoint) as (endpoint, refusals),
        sqs.worker("io", AWS_ENDPOINT_URL=endpoint) as (run, log),
    ):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        refusals.status["ReceiveMessage"] = 503
        eventually(lambda: refusals.refused["ReceiveMessage"] > 10, "refused polls")
        refusals.status.clear()
        before = notes(sqs)
        sqs.python(SEND.format(key="after-503"))
        eventually(lambda: notes(sqs) > before, f"the note; worker log:\n{log.read_text()[-2000:]}")
        assert run.poll() is None


def test_without_the_guard_a_503_stops_the_worker(sqs: TestEnvironment) -> None:
    log = Path(sqs.folder) / "unguarded.log"
    with refusing_proxy(sqs.endpoint) as (endpoint, refusals):
        refusals.status["ReceiveMessage"] = 503
        with running([sys.executable, "-c", UNGUARDED], log, sqs.variables | {"AWS_ENDPOINT_URL": endpoint}, 5):
            what = "the defect (if kombu no longer has it, see app/celery_platform/transports/sqs/refused_polls.py)"
            eventually(lambda: "'list' object has no attribute 'get'" in log.read_text(), what, seconds=40)
