"""Pods of processes beside the workers: a server whose health is asked, and relays that are killed under load."""

import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from celery_platform.database import connect
from celery_platform.environment.derived.processes import DATABASE_URL, processes
from celery_platform.environment.load import parse
from celery_platform.outbox.table import metadata, outbox
from local_containers.podman import Podman
from sqlalchemy import Engine, func, insert, select

from tests.harness.environment import LOCAL
from tests.harness.fixtures import postgresql
from tests.harness.ledger import Ledger, serving
from tests.harness.processes import free_port
from tests.harness.waiting import eventually

from ..stops.brokers import Broker, broker
from .kubelet import running_pod

__all__ = ["postgresql"]
pytestmark = [pytest.mark.pods, pytest.mark.timeout(900)]
PORT = free_port()
SECTIONS = f"""
processes:
  web:
    runs_on: eks
    command: [python, -m, http.server, "{PORT}", --directory, /etc/celery]
    port: {PORT}
    health_path: /resolved.json
outbox: {{runs_on: eks, calls: [database]}}
"""


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """One that responds at once."""
    with serving() as quick:
        yield quick


@pytest.fixture(scope="module")
def rabbitmq(folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger, postgresql: str) -> Iterator[Broker]:
    """An environment with a web process and an outbox."""
    mine = folder / "processes"
    mine.mkdir()
    variables = f'variables: {{EXERCISE: "yes", {DATABASE_URL}: "{postgresql}"}}'
    text = LOCAL.read_text().replace('variables: {EXERCISE: "yes"}', variables)
    with broker("rabbitmq", mine, aws_endpoint, plain_results, ledger) as running:
        resolved = running.environment.resolved
        resolved["processes"] = processes(parse(f"{text}{SECTIONS}".encode(), LOCAL), resolved["prefix"])
        resolved["application"]["variables"][DATABASE_URL] = postgresql
        yield running


@pytest.fixture
def engine(postgresql: str) -> Iterator[Engine]:
    made = connect(postgresql)
    metadata.create_all(made)
    yield made
    made.dispose()


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())


def enqueued(engine: Engine, number: int) -> list[str]:
    """Keys of tasks that a producer enqueued in one transaction."""
    keys = [uuid.uuid4().hex for _ in range(number)]
    rows = [
        {"task_id": f"note-{key}", "task": "exercises.quick.note", "args": [key, key], "kwargs": {}, "headers": {}}
        for key in keys
    ]
    with engine.begin() as connection:
        connection.execute(insert(outbox), rows)
    return keys


def test_a_server_is_ready_when_its_health_path_answers_and_ends_when_it_is_deleted(
    podman: Podman, image: str, rabbitmq: Broker
) -> None:
    with running_pod(podman, image, rabbitmq.environment, component="process-web") as pod:
        assert pod.probe("readiness")
        begun = time.monotonic()
        pod.delete()

    assert time.monotonic() - begun < pod.pod.grace_seconds


def test_relays_that_are_killed_under_load_lose_nothing_and_repeat_no_effect(
    podman: Podman, image: str, rabbitmq: Broker, ledger: Ledger, engine: Engine
) -> None:
    keys: list[str] = []
    with ExitStack() as running:
        running.enter_context(rabbitmq.environment.worker("io"))
        pods = [
            running.enter_context(running_pod(podman, image, rabbitmq.environment, number, "relay"))
            for number in (0, 1)
        ]
        first = pods[0].process
        for number in range(6):
            for _ in range(10):
                keys += enqueued(engine, 10)
                time.sleep(0.05)
            pods[number % 2].send(signal.SIGKILL)
            eventually(lambda number=number: pods[number % 2].process, "the next container of the pod")  # type: ignore[misc]
        eventually(lambda: waiting(engine) == 0, "the last relay")
        for pod in pods:
            pod.wait_until_ready()
        assert pods[0].process != first
        eventually(lambda: set(ledger.notes) >= set(keys), "the notes", seconds=120)
        time.sleep(2)

    assert sorted(note for note in ledger.notes if note in set(keys)) == sorted(keys)
