"""A relay says in the store how full the outbox is, however large its table, and relays without the store, too."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery_platform.database import connect
from celery_platform.observability.outbox_report import OutboxReport, outbox_key, outbox_report_of
from celery_platform.outbox import reading
from celery_platform.outbox.reading import read_outbox
from celery_platform.outbox.table import SENT_AT, enqueue, metadata, outbox, refused
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
from exercises.quick import note
from sqlalchemy import Connection, Engine, event, func, insert, select, text

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .test_relay import relay

pytestmark = pytest.mark.usefixtures("inside_sqs")
# Enough rows for PostgreSQL to prefer an index where there is a choice.
FILL = """
INSERT INTO outbox (task_id, task, args, kwargs, headers)
SELECT 'id-' || number, 'a.task', '[]', '{}', '{}' FROM generate_series(1, 50000) number
"""
BROKER_IS_AWAY = """
from kombu.exceptions import OperationalError
def refuse(app, row):
    raise OperationalError("the broker is away")
relay._publish = refuse
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path}/outbox.db"
    made = connect(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql"))
    yield from emptied(made)


@pytest.fixture
def database(postgresql: str) -> Iterator[Engine]:
    """The outbox of a real PostgreSQL."""
    yield from emptied(connect(postgresql))


def emptied(engine: Engine) -> Iterator[Engine]:
    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def key() -> Iterator[str]:
    """The key of the report, which does not exist yet."""
    made = outbox_key(runtime().environment.prefix)
    valkey().delete(made)
    yield made
    valkey().delete(made)


def row(task_id: str, age: float) -> dict[str, Any]:
    headers = {SENT_AT: time.time() - age}
    return {"task_id": task_id, "task": note.name, "args": [task_id, "x"], "kwargs": {}, "headers": headers}


def reported(key: str) -> OutboxReport | None:
    found: Any = valkey().get(key)
    return outbox_report_of(found) if found else None


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())


def test_an_empty_outbox_has_no_oldest_row(engine: Engine) -> None:
    began = time.time()
    report = read_outbox(engine)

    assert report == OutboxReport(at=report.at, waiting=0, oldest_seconds=0.0, refused=0)
    assert began <= report.at <= time.time()


def test_the_oldest_row_is_as_old_as_its_enqueuing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(outbox), [row("first", 300), row("second", 20)])
        enqueue(connection, note, ("key", "value"))
        kept = {"task_id": "large", "task": note.name, "args": [], "kwargs": {}, "reason": "too large"}
        connection.execute(insert(refused).values(**kept))
    report = read_outbox(engine)

    assert (report.waiting, report.refused) == (3, 1)
    assert report.oldest_seconds == pytest.approx(300, abs=5)


def test_a_row_of_a_producer_whose_clock_is_ahead_has_no_negative_age(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(outbox).values(row("ahead", -60)))

    assert read_outbox(engine).oldest_seconds == 0


def test_rows_beyond_the_bound_are_not_counted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_COUNTED", 3)
    with engine.begin() as connection:
        connection.execute(insert(outbox), [row(f"{number}", 0) for number in range(5)])

    assert read_outbox(engine).waiting == 3


def test_a_large_table_is_read_by_its_index(database: Engine) -> None:
    """A scan of a table that was drained reads each page of the rows that were there."""

    def explain(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "FROM outbox " in statement:
            with connection.connection.dbapi_connection.cursor() as cursor:  # type: ignore[union-attr]
                plans.append("\n".join(line for (line,) in cursor.execute(f"EXPLAIN {statement}", parameters)))

    plans: list[str] = []
    with database.begin() as connection:
        connection.execute(text(FILL))
        connection.execute(text("ANALYZE outbox"))
    event.listen(database, "before_cursor_execute", explain)

    assert read_outbox(database).waiting == reading.MOST_COUNTED
    assert len(plans) == 2
    assert [plan for plan in plans if "using outbox_pkey" not in plan or "Sort" in plan] == []


@pytest.mark.usefixtures("database")
def test_a_relay_reports_until_its_database_is_away_and_again_when_it_is_back(
    sqs: TestEnvironment, postgresql: str, key: str, tmp_path: Path
) -> None:
    port = int(postgresql.rpartition(":")[2].partition("/")[0])
    with cable(port) as line:
        url = postgresql.replace(f":{port}/", f":{line.port}/")
        with relay(sqs, url, tmp_path / "heartbeat") as (process, log):
            first = eventually(lambda: reported(key), "the first report")
            eventually(lambda: (reported(key) or first).at > first.at, "the second one")
            line.pull()
            time.sleep(1)
            last = reported(key)
            time.sleep(7)
            assert reported(key) == last, "nobody has read the database"
            assert process.poll() is None, log.read_text()
            line.plug()
            assert last is not None
            eventually(lambda: (reported(key) or last).at > last.at, "the report after the absence", seconds=60)


def test_rows_that_a_relay_cannot_publish_are_reported_with_their_age(
    sqs: TestEnvironment, database: Engine, postgresql: str, key: str, tmp_path: Path
) -> None:
    with database.begin() as connection:
        connection.execute(insert(outbox), [row("waits-1", 120), row("waits-2", 60)])
    with relay(sqs, postgresql, tmp_path / "heartbeat", BROKER_IS_AWAY):
        report = eventually(lambda: reported(key), "a report")

    assert report.waiting == 2
    assert 120 <= report.oldest_seconds < 180


def test_a_store_that_is_away_keeps_no_task_in_the_outbox(
    sqs: TestEnvironment, database: Engine, postgresql: str, key: str, tmp_path: Path
) -> None:
    store_port = int(sqs.valkey_url.rpartition(":")[2].partition("/")[0])
    with cable(store_port) as store:
        url = sqs.valkey_url.replace(f":{store_port}/", f":{store.port}/")
        with relay(sqs.variant(tmp_path, results_url=url), postgresql, tmp_path / "heartbeat") as (process, log):
            eventually(lambda: reported(key), "the first report")
            store.pull()
            eventually(lambda: "cannot report how full the outbox is" in log.read_text(), "the warning")
            with database.begin() as connection:
                enqueue(connection, note, ("away", "x"))
            eventually(lambda: waiting(database) == 0, "the relay", seconds=10)
            time.sleep(12)  # for more than one report that fails
            last = reported(key)
            store.plug()
            assert last is not None
            eventually(lambda: (reported(key) or last).at > last.at, "the report when the store is back")
            assert process.poll() is None
            assert log.read_text().count("cannot report how full the outbox is") == 1
