"""A relay on a host, killed, stopped and deployed while tasks are enqueued: none is lost, none has two effects."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from celery_platform.database import connect
from celery_platform.environment.derived.processes import DATABASE_URL, processes
from celery_platform.environment.load import parse
from celery_platform.outbox.table import metadata, outbox
from sqlalchemy import Engine, func, insert, select

from tests.harness.environment import LOCAL
from tests.harness.fixtures import aws_endpoint, folder, plain_results, postgresql, valkey_port
from tests.harness.ledger import Ledger, serving
from tests.harness.processes import free_port
from tests.harness.waiting import eventually
from tests.stops.brokers import Broker, broker
from tests.stops.hosts import Host, deploy

__all__ = ["aws_endpoint", "folder", "plain_results", "postgresql", "valkey_port"]
pytestmark = pytest.mark.timeout(1800)
HOST = Host("molecule-outbox")
RELAY, WEB = "celery-relay.service", "celery-process-web.service"
PORT = free_port()
SECTIONS = f"""
processes:
  web:
    runs_on: hosts
    command: [python, -m, http.server, "{PORT}", --bind, 127.0.0.1, --directory, /etc/celery]
    port: {PORT}
    health_path: /resolved.json
outbox: {{runs_on: hosts, calls: [database]}}
"""


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with serving() as quick:
        yield quick


@pytest.fixture(scope="module")
def rabbitmq(folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger, postgresql: str) -> Iterator[Broker]:
    """An environment whose host runs a relay and a web process."""
    mine = folder / "outbox"
    mine.mkdir()
    variables = f'variables: {{EXERCISE: "yes", {DATABASE_URL}: "{postgresql}"}}'
    text = LOCAL.read_text().replace('variables: {EXERCISE: "yes"}', variables)
    with broker("rabbitmq", mine, aws_endpoint, plain_results, ledger) as running:
        resolved = running.environment.resolved
        found = processes(parse(f"{text}{SECTIONS}".encode(), LOCAL), resolved["prefix"])
        resolved["processes"] = {name: process | {"hosts": [HOST.name]} for name, process in found.items()}
        resolved["worker_hosts"] = {HOST.name: {"pools": ["io"], "private_ip": "127.0.0.1"}}
        resolved["application"]["variables"][DATABASE_URL] = postgresql
        yield running


def deployed(rabbitmq: Broker, **changes: object) -> None:
    """Run `workers.yml` with the application of the tests."""
    rabbitmq.environment.resolved.update(changes)
    done = deploy(rabbitmq.environment)
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.fixture(scope="module", autouse=True)
def _first(rabbitmq: Broker) -> None:
    deployed(rabbitmq)


@pytest.fixture
def engine(postgresql: str) -> Iterator[Engine]:
    made = connect(postgresql)
    metadata.create_all(made)
    yield made
    made.dispose()


def enqueued(engine: Engine, number: int) -> list[str]:
    """Keys of tasks that a producer enqueued, ten in each transaction."""
    keys = [uuid.uuid4().hex for _ in range(number)]
    for first in range(0, number, 10):
        rows = [
            {"task_id": f"note-{key}", "task": "exercises.quick.note", "args": [key, key], "kwargs": {}, "headers": {}}
            for key in keys[first : first + 10]
        ]
        with engine.begin() as connection:
            connection.execute(insert(outbox), rows)
    return keys


def all_noted_once(engine: Engine, ledger: Ledger, keys: list[str]) -> None:
    def waiting() -> int:
        with engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())

    eventually(lambda: waiting() == 0, "the relay", seconds=120)
    eventually(lambda: set(ledger.notes) >= set(keys), "the notes", seconds=120)
    time.sleep(2)
    assert sorted(note for note in ledger.notes if note in set(keys)) == sorted(keys)


def test_both_run_now_and_at_boot_and_answer() -> None:
    for unit in (RELAY, WEB):
        assert HOST.show(unit, "ActiveState") == "active"
        assert HOST.run("systemctl", "is-enabled", unit) == "enabled"
    assert HOST.is_ready("relay")
    with urlopen(f"http://127.0.0.1:{PORT}/resolved.json") as answer:
        assert answer.status == 200


def test_killed_under_load_the_relay_loses_nothing(engine: Engine, ledger: Ledger) -> None:
    keys: list[str] = []
    for _ in range(4):
        keys += enqueued(engine, 100)
        HOST.run("systemctl", "kill", "--signal=KILL", RELAY)
        HOST.wait_until_ready("relay")

    all_noted_once(engine, ledger, keys)
    assert int(HOST.show(RELAY, "NRestarts")) >= 4


def test_a_stop_under_load_is_clean_and_the_rest_is_sent_after_the_start(engine: Engine, ledger: Ledger) -> None:
    keys = enqueued(engine, 300)
    begun = time.monotonic()
    HOST.run("systemctl", "stop", RELAY)
    took = time.monotonic() - begun

    assert HOST.show(RELAY, "Result") == "success"
    assert took < 30
    keys += enqueued(engine, 50)
    HOST.run("systemctl", "start", RELAY)
    all_noted_once(engine, ledger, keys)


def test_a_deploy_restarts_both_with_the_new_configuration_and_loses_nothing(
    rabbitmq: Broker, engine: Engine, ledger: Ledger
) -> None:
    before = [HOST.show(unit, "MainPID") for unit in (RELAY, WEB)]
    keys = enqueued(engine, 200)

    deployed(rabbitmq, logs={"retention_days": 2})

    assert [pid for pid, unit in zip(before, (RELAY, WEB), strict=True) if HOST.show(unit, "MainPID") == pid] == []
    all_noted_once(engine, ledger, keys)
