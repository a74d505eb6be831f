"""Relays go on: without their database, beside one that hangs, and under load while they are killed."""

import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery_platform.database import connect
from celery_platform.errors import RefusedMessageError
from celery_platform.outbox import relay as outbox_relay
from celery_platform.outbox.table import enqueue, metadata, outbox, refused
from celery_platform.worker.heartbeat_file import judge
from exercises.quick import note
from sqlalchemy import Connection, Engine, event, func, inspect, select
from sqlalchemy.exc import DBAPIError

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

pytestmark = pytest.mark.usefixtures("inside_sqs")
APP = (sys.executable, "-m", "celery_platform", "relay")
# Runs a relay that is changed at one point.
CHANGED = """
from celery_platform.outbox import relay
{change}
from celery_platform.worker.relay import start_relay
start_relay()
"""
SLOW = """
import time
publish = relay._publish
def slowly(app, row):
    time.sleep(0.2)
    publish(app, row)
relay._publish = slowly
"""
# Like a machine that hangs: the broker has the message, and the transaction is open.
FREEZES = """
import os, signal
publish = relay._publish
def publish_and_freeze(app, row):
    publish(app, row)
    os.kill(os.getpid(), signal.SIGSTOP)
relay._publish = publish_and_freeze
relay.IDLE_IN_TRANSACTION_SECONDS = 2
"""


@pytest.fixture
def engine(postgresql: str) -> Iterator[Engine]:
    made = connect(postgresql)
    metadata.drop_all(made)
    metadata.create_all(made)
    yield made
    made.dispose()


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())


def enqueued(engine: Engine, number: int) -> list[str]:
    """Keys of tasks in one transaction."""
    run = uuid.uuid4().hex[:8]
    keys = [f"{run}-{each}" for each in range(number)]
    with engine.begin() as connection:
        for key in keys:
            enqueue(connection, note, (key, key), task_id=f"note-{key}")
    return keys


@contextmanager
def relay(
    sqs: TestEnvironment, url: str, heartbeat: Path, change: str = ""
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A relay of this database; yields its process and its log."""
    command = [sys.executable, "-c", CHANGED.format(change=change)] if change else list(APP)
    variables = sqs.variables | {"CELERY_DATABASE_URL": url, "CELERY_HEARTBEAT_FILE": str(heartbeat)}
    log = heartbeat.with_suffix(".log")
    with running(command, log, variables) as process:
        yield process, log


def passes(probe: str, heartbeat: Path) -> bool:
    return judge(probe, str(heartbeat))[0]


def test_a_relay_is_ready_while_its_database_answers_and_outlives_its_absence(
    sqs: TestEnvironment, engine: Engine, postgresql: str, tmp_path: Path
) -> None:
    port = int(postgresql.rpartition(":")[2].partition("/")[0])
    heartbeat = tmp_path / "heartbeat"
    with cable(port) as database:
        url = postgresql.replace(f":{port}/", f":{database.port}/")
        with relay(sqs, url, heartbeat) as (process, log):
            eventually(lambda: passes("readiness", heartbeat), "readiness")
            database.pull()
            eventually(lambda: not passes("readiness", heartbeat), "the end of readiness")
            enqueued(engine, 3)
            time.sleep(4)
            assert process.poll() is None, log.read_text()
            assert passes("liveness", heartbeat)
            database.plug()
            eventually(lambda: waiting(engine) == 0, "the tasks that were enqueued meanwhile")
            assert passes("readiness", heartbeat)
            assert "cannot publish from the outbox" in log.read_text()


@pytest.mark.parametrize("statement", ["SELECT outbox.", "INSERT INTO outbox_refused", "DELETE FROM outbox "])
def test_a_relay_outlives_a_connection_that_ends_at_any_statement(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    def refuse(*_: object) -> None:
        raise RefusedMessageError("a smaller task", "a large one", "Send less.")

    def end_connection(connection: Connection, _cursor: object, text: str, *_: object) -> None:
        if text.startswith(statement) and not ended:
            ended.append(text)
            pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            with engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(pid)))

    ended: list[str] = []
    stopped = threading.Event()
    monkeypatch.setattr(outbox_relay, "_publish", refuse)
    enqueued(engine, 2)
    event.listen(engine, "before_cursor_execute", end_connection)
    thread = threading.Thread(target=outbox_relay.run, args=(note.app, engine, stopped))
    thread.start()
    try:
        eventually(lambda: waiting(engine) == 0, "the tasks that were enqueued")
        assert (thread.is_alive(), len(ended)) == (True, 1)
    finally:
        stopped.set()
        thread.join()


def test_what_was_sent_is_deleted_although_a_later_task_cannot_be_set_aside(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(_app: object, row: Any) -> None:
        if sent:
            raise RefusedMessageError("a smaller task", "a large one", "Send less.")
        sent.append(row.task_id)

    sent: list[str] = []
    monkeypatch.setattr(outbox_relay, "_publish", publish)
    enqueued(engine, 2)
    refused.drop(engine)

    with pytest.raises(DBAPIError, match='relation "outbox_refused" does not exist'):
        outbox_relay.relay_batch(note.app, engine)

    assert (len(sent), waiting(engine)) == (1, 1)


def test_an_error_of_the_database_is_the_one_that_is_raised(engine: Engine) -> None:
    outbox.drop(engine)

    with pytest.raises(DBAPIError, match='relation "outbox" does not exist'):
        outbox_relay.relay_batch(note.app, engine)


def test_the_tables_of_a_new_database_are_made_once_though_several_relays_start_together(
    sqs: TestEnvironment, engine: Engine, postgresql: str, tmp_path: Path
) -> None:
    metadata.drop_all(engine)
    with ExitStack() as relays:
        files = [tmp_path / f"heartbeat-{number}" for number in range(3)]
        for file in files:
            relays.enter_context(relay(sqs, postgresql, file))
        eventually(lambda: all(passes("readiness", file) for file in files), "three relays")

    assert set(inspect(engine).get_table_names()) >= {"outbox", "outbox_refused"}


def test_a_relay_that_stops_ends_its_batch_early_and_has_deleted_what_it_sent(
    sqs: TestEnvironment, engine: Engine, postgresql: str, tmp_path: Path
) -> None:
    enqueued(engine, 60)
    heartbeat = tmp_path / "heartbeat"
    with relay(sqs, postgresql, heartbeat, SLOW) as (process, log):
        eventually(heartbeat.exists, "the start")
        time.sleep(5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()
        took = time.monotonic() - begun

    assert took < 5, f"{took:.1f} s"
    assert 0 < waiting(engine) < 60


def test_the_rows_of_a_relay_that_hangs_are_sent_by_another(
    sqs: TestEnvironment, engine: Engine, postgresql: str, tmp_path: Path
) -> None:
    enqueued(engine, 5)
    with relay(sqs, postgresql, tmp_path / "hangs", FREEZES) as (frozen, _):
        stat = Path(f"/proc/{frozen.pid}/stat")
        eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the relay that hangs")
        assert waiting(engine) == 5
        with relay(sqs, postgresql, tmp_path / "other"):
            eventually(lambda: waiting(engine) == 0, "the rows of the one that hangs", seconds=20)
        frozen.kill()


def test_killed_under_load_relays_lose_nothing_and_repeat_no_effect(
    sqs: TestEnvironment, engine: Engine, postgresql: str, tmp_path: Path
) -> None:
    keys: list[str] = []
    kills = 0
    with sqs.worker("io"), ExitStack() as others:
        others.enter_context(relay(sqs, postgresql, tmp_path / "other"))
        for number in range(4):
            with relay(sqs, postgresql, tmp_path / f"killed-{number}") as (process, _):
                eventually(lambda number=number: passes("readiness", tmp_path / f"killed-{number}"), "a relay")  # type: ignore[misc]
                for _ in range(10):
                    keys += enqueued(engine, 12)
                process.send_signal(signal.SIGKILL)
                kills += process.wait(10) == -signal.SIGKILL
        eventually(lambda: waiting(engine) == 0, "the relay that is left")
        eventually(lambda: set(sqs.services.notes) >= set(keys), "the notes")
        time.sleep(2)

    assert kills == 4
    assert sorted(each for each in sqs.services.notes if each in set(keys)) == sorted(keys)
