"""The store behind claims, limits and results goes away: tasks wait for it, and none is dead-lettered for it."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import judge

from tests.brokers.outage import RestartedStore
from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

AWAY_SECONDS = 20
NOTES = "from exercises.quick import note; [note.delay(f'{token}-{{n}}', f'{token}-{{n}}') for n in range({count})]"
LIMITED = "from exercises.default import limited; [limited.delay(f'{token}-{{n}}') for n in range({count})]"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RestartedStore]:
    """A result store of the test's own, which may go away and finds its data again."""
    made = RestartedStore(tmp_path)
    with made.up():
        yield made


# The gate would keep most messages in the queue: without it every one meets the outage.
WITHOUT_THE_GATE = """
from celery_platform.worker import store_gate
store_gate.StoreGate.apply = lambda *_: None
from celery_platform.worker.start import start_worker
start_worker("io")
"""


def noted(environment: TestEnvironment, token: str) -> list[str]:
    """The notes of this test."""
    return [each for each in environment.services.notes if token in each]


@pytest.mark.parametrize("broker", ["sqs", pytest.param("rabbitmq", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "pool", ["threads", pytest.param("turbo", marks=pytest.mark.slow), pytest.param("prefork", marks=pytest.mark.slow)]
)
def test_a_task_that_meets_the_outage_comes_again_and_is_not_dead_lettered(
    request: pytest.FixtureRequest, store: RestartedStore, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    variant = environment.variant(
        tmp_path, results_url=f"redis://127.0.0.1:{store.port}/1", pools={"io": {"type": pool, "concurrency": 4}}
    )
    before = dead_lettered(variant)
    token, log = os.urandom(4).hex(), tmp_path / "worker.log"
    command = [sys.executable, "-c", WITHOUT_THE_GATE]
    with short_polls(variant) as quick, running(command, log, quick.variables) as process:
        eventually(lambda: "ready" in log.read_text(), "the worker")
        with store.away():
            variant.python(NOTES.format(token=token, count=6) + "\n" + LIMITED.format(token=token, count=6))
            eventually(lambda: log.read_text().count("waits for a store") >= 12, f"waits; {log.read_text()[-3000:]}")
            time.sleep(AWAY_SECONDS)
            assert process.poll() is None
        eventually(lambda: len(noted(environment, token)) == 6, f"the notes; {log.read_text()[-3000:]}", 90)
        succeeded = '"event": "task succeeded"'
        eventually(lambda: log.read_text().count(succeeded) >= 12, f"all tasks; {log.read_text()[-3000:]}", 90)
        assert process.poll() is None
    assert len(noted(environment, token)) == 6
    assert '"attempt": 2' not in log.read_text(), "waiting cost a retry"
    assert dead_lettered(variant) == before


DOUBLES = """
from exercises.quick import double
print(*(double.delay({seconds} + n).id for n in range({count})))
"""
RESULTS = """
from celery.result import AsyncResult
from exercises.celery import celery
print([AsyncResult(id, app=celery).get(timeout=60) for id in {ids!r}])
"""
TASKS = 40


def dead_lettered(environment: TestEnvironment) -> list[str]:
    """The ids of what is dead-lettered, what earlier tests left included; a queue returns them in no order."""
    return sorted(message["id"] for message in json.loads(environment.app("dlq", "list", "--json").stdout))


@pytest.mark.parametrize(
    "pool", ["turbo", pytest.param("threads", marks=pytest.mark.slow), pytest.param("prefork", marks=pytest.mark.slow)]
)
def test_an_absent_store_costs_no_message_its_deliveries(
    rabbitmq: TestEnvironment, store: RestartedStore, tmp_path: Path, pool: str
) -> None:
    variant = rabbitmq.variant(
        tmp_path, results_url=f"redis://127.0.0.1:{store.port}/1", pools={"io": {"type": pool, "concurrency": 2}}
    )
    heartbeat = tmp_path / "heartbeat"
    before = dead_lettered(variant)
    with variant.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (process, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        with store.away():
            under_way = variant.python(DOUBLES.format(seconds=0, count=1)).split()  # when the store goes
            time.sleep(10)
            ids = variant.python(DOUBLES.format(seconds=0, count=TASKS)).split()
            time.sleep(30)
            assert process.poll() is None
            assert judge("liveness", str(heartbeat))[0]
        results = variant.python(RESULTS.format(ids=ids + under_way), timeout=120)
        assert results == str([*(2 * number for number in range(TASKS)), 0])
    runs = [log.read_text().count(f'"task_id": "{each}"') for each in ids]
    assert max(runs) == 1, f"runs of each task: {runs}"
    assert dead_lettered(variant) == before


# They take two slots for longer than it takes to notice that a store is away.
COUNTED = "from exercises import probe\nfor _ in range(140): probe.counted.delay({file!r}, 0.15)"


@pytest.mark.slow
@pytest.mark.parametrize("pool", ["threads", "prefork", "turbo"])
def test_a_store_that_is_away_costs_no_delivery(
    rabbitmq: TestEnvironment, store: RestartedStore, tmp_path: Path, pool: str
) -> None:
    url, file = f"redis://127.0.0.1:{store.port}/1", tmp_path / "ran"
    pools = {"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": 12}}
    variant = rabbitmq.variant(tmp_path, results_url=url, pools=pools)
    with variant.worker("io") as (process, log):
        eventually(lambda: " ready" in log.read_text(), f"the worker; {log}")
        variant.python(COUNTED.format(file=str(file)))
        with store.away():
            eventually(lambda: "no messages are taken" in log.read_text(), f"the gate; {log}")
            taken = len(file.read_text().splitlines())
            time.sleep(4)
            assert taken < 140
        eventually(lambda: len(file.read_text().splitlines()) == 140, f"every task; {log}", 60)
        assert process.poll() is None
    assert set(file.read_text().splitlines()) == {"0"}, "messages were delivered more than once"
