"""Tasks are sent if and only if their transaction commits, even if relays die."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from celery_platform.database import connect
from celery_platform.outbox.table import enqueue, metadata, outbox, refused
from exercises.quick import note
from local_containers.children import ended_with_parent
from sqlalchemy import Engine, func, insert, select

from tests.harness.environment import TestEnvironment
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path}/outbox.db"
    made = connect(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql"))
    metadata.drop_all(made)
    metadata.create_all(made)
    yield made
    made.dispose()


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())


def noted(engine: Engine, key: str) -> str:
    with engine.begin() as connection:
        return enqueue(connection, note, (key, key), task_id=f"note-{key}")


@pytest.mark.usefixtures("inside_sqs")
def test_a_task_of_a_failed_transaction_is_not_sent(engine: Engine) -> None:
    def order_and_fail() -> None:
        with engine.begin() as connection:
            enqueue(connection, note, ("key", "Hello"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        order_and_fail()
    assert waiting(engine) == 0


@pytest.mark.usefixtures("inside_sqs")
def test_a_task_with_wrong_arguments_is_refused_before_anything_is_stored(engine: Engine) -> None:
    with pytest.raises(TypeError, match="missing"), engine.begin() as connection:
        enqueue(connection, note, ("key",))
    assert waiting(engine) == 0


ENQUEUE_LARGE = """
from celery_platform.errors import RefusedMessageError
from celery_platform.outbox.table import enqueue
from celery_platform.database import database
from exercises.quick import note
with database().begin() as connection:
    try:
        enqueue(connection, note, ["key", "x" * 1024 * 1024])
    except RefusedMessageError as error:
        print(error)
"""
RELAY_ONCE = """
from exercises.celery import celery
from celery_platform.outbox.relay import relay_batch
from celery_platform.database import database
print(relay_batch(celery, database()))
"""


def run(sqs: TestEnvironment, engine: Engine, code: str) -> str:
    url = engine.url.render_as_string(hide_password=False)
    return replace(sqs, variables=sqs.variables | {"CELERY_DATABASE_URL": url}).python(code)


def test_a_task_too_large_for_the_broker_is_refused_before_anything_is_stored(
    sqs: TestEnvironment, engine: Engine
) -> None:
    assert "expected a message of at most" in run(sqs, engine, ENQUEUE_LARGE)
    assert waiting(engine) == 0


def leave_large(engine: Engine) -> None:
    """Insert a row like one of a producer whose broker accepted larger messages."""
    arguments = ["key", "x" * 1024 * 1024]
    row = {"task_id": "large", "task": note.name, "args": arguments, "kwargs": {}, "headers": {}}
    with engine.begin() as connection:
        connection.execute(insert(outbox).values(row))


@pytest.mark.usefixtures("inside_sqs")
def test_a_task_that_can_never_be_sent_does_not_block_those_behind_it(sqs: TestEnvironment, engine: Engine) -> None:
    leave_large(engine)
    noted(engine, "behind")

    assert run(sqs, engine, RELAY_ONCE).splitlines()[-1] == "2"

    assert waiting(engine) == 0
    with engine.connect() as connection:
        kept = connection.execute(select(refused.c.task_id, refused.c.reason)).one()
    assert kept.task_id == "large"
    assert "expected a message of at most" in kept.reason


def test_an_id_may_be_refused_twice(sqs: TestEnvironment, engine: Engine) -> None:
    for _ in range(2):
        leave_large(engine)
        assert run(sqs, engine, RELAY_ONCE).splitlines()[-1] == "1"

    assert waiting(engine) == 0


RELAY = """
import threading
from exercises.celery import celery
from celery_platform.outbox import relay
from celery_platform.database import database
{change}
relay.run(celery, database(), threading.Event())
"""
# Is killed at the worst point: the broker has the message, and the row still exists.
DIES_AFTER_PUBLISHING = """
import os, signal
publish, left = relay._publish, [3]
def publish_and_die(app, row):
    publish(app, row)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
relay._publish = publish_and_die
"""


@pytest.mark.usefixtures("inside_sqs")
def test_relays_that_die_lose_nothing_and_repeat_no_effect(sqs: TestEnvironment, engine: Engine) -> None:
    run = uuid.uuid4().hex[:8]
    keys = [f"{run}-{number}" for number in range(12)]
    for key in keys:
        assert noted(engine, key) == f"note-{key}"
    variables = sqs.variables | {"CELERY_DATABASE_URL": engine.url.render_as_string(hide_password=False)}

    for _ in range(2):
        dying = subprocess.run(
            [sys.executable, "-c", RELAY.format(change=DIES_AFTER_PUBLISHING)],
            cwd=REPOSITORY,
            env=variables,
            check=False,
        )
        assert dying.returncode == -signal.SIGKILL
        assert waiting(engine) == 12, "a batch that was not committed must still be in the outbox"
    command = [*ended_with_parent(), sys.executable, "-m", "celery_platform", "relay"]
    relay = subprocess.Popen(command, cwd=REPOSITORY, env=variables)
    try:
        eventually(lambda: waiting(engine) == 0, "the relay")
    finally:
        relay.terminate()
    assert relay.wait(20) == 0, "SIGTERM is a good end"

    with sqs.worker("io"):
        eventually(lambda: set(sqs.services.notes) >= set(keys), "the notes")
        time.sleep(2)
    assert sorted(note for note in sqs.services.notes if note in keys) == sorted(keys)
