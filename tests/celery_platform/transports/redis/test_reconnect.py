"""When Redis goes away during a late-acknowledged task, the guarded worker continues; Celery 5.7.0's own ends."""

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import pytest

from tests.brokers.outage import RestartedStore
from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

WORK = """
from celery_platform.transports import registration
{before}
from tests.brokers import tasks
from celery_platform.worker.start import start_worker
start_worker("io")
"""
SEND = """
from tests.brokers import tasks
tasks.note.delay({token!r}, seconds={seconds})
"""

Broker = tuple[TestEnvironment, RestartedStore]


@pytest.fixture
def broker(redis: TestEnvironment, tmp_path: Path) -> Iterator[Broker]:
    """The redis environment with a broker of its own, which may go away."""
    store = RestartedStore(tmp_path)
    with store.up():
        mine = redis.variant(tmp_path, broker_url=f"redis://127.0.0.1:{store.port}/0")
        file = Path(mine.variables["CELERY_ENVIRONMENT_FILE"])
        resolved = json.loads(file.read_text())
        del resolved["secrets"]["broker_password"]
        file.write_text(json.dumps(resolved))
        yield mine, store


def worker(environment: TestEnvironment, log: Path, before: str = "") -> AbstractContextManager[Popen[bytes]]:
    return running([sys.executable, "-c", WORK.format(before=before)], log, environment.variables, stop_seconds=20)


def said(environment: TestEnvironment, token: str) -> str:
    """Return the events that tasks with this token recorded."""
    code = f"from celery_platform.reliability.valkey import valkey; print(valkey().lrange('contract:{token}', 0, -1))"
    return environment.python(code)


def test_a_worker_survives_an_outage_and_its_messages_are_delivered_again(broker: Broker, tmp_path: Path) -> None:
    environment, store = broker
    log, token, theirs = tmp_path / "worker.log", uuid.uuid4().hex, uuid.uuid4().hex
    with worker(environment, log) as run:
        eventually(lambda: "ready" in log.read_text(), "the worker")
        environment.python(SEND.format(token=token, seconds=25))
        eventually(lambda: "start" in said(environment, token), "the task")
        with store.away():
            eventually(lambda: "Connection to broker lost" in log.read_text(), "the loss")
        eventually(lambda: "went back to its queue" in log.read_text(), "what was held", seconds=30)
        # The first run's thread ends now and acknowledges what is no longer its own.
        eventually(lambda: "Couldn't ack" in log.read_text(), "the late acknowledgement", seconds=60)
        environment.python(SEND.format(token=theirs, seconds=0))
        eventually(lambda: said(environment, token).count('"end"') == 2, "the second run")
        eventually(lambda: "end" in said(environment, theirs), "the next task")
        assert run.poll() is None


def test_without_the_guard_the_worker_ends(broker: Broker, tmp_path: Path) -> None:
    environment, store = broker
    log = tmp_path / "unguarded.log"
    with worker(environment, log, "registration.install = lambda: None"):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        token = uuid.uuid4().hex
        environment.python(SEND.format(token=token, seconds=20))
        eventually(lambda: "start" in said(environment, token), "the task")
        with store.away():
            what = "the defect (if Celery no longer has it, remove app/celery_platform/transports/redis/reconnect.py)"
            eventually(lambda: "no attribute 'hostname'" in log.read_text(), what, seconds=30)
