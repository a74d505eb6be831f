"""A paused queue: no worker takes from it, all go on with their other queues, and nothing is lost or run twice."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from celery_platform.reliability.paused_queues import Pause, as_text, paused_key
from celery_platform.reliability.pausing import pause, resume
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
from celery_platform.worker.store_gate import Store
from redis import Redis

from tests.brokers.outage import RestartedStore
from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

on_each_kind = pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
NOTES = "from exercises.quick import note; [note.delay(f'{token}-{{n}}', '{token}') for n in range(5)]"
EFFECTS = "from exercises.effects import record; [record.delay(f'{token}-{{n}}') for n in range(5)]"
COUNTED = "from exercises import probe\nfor _ in range({count}): probe.counted.delay({file!r}, 0.2)"
TASKS = 80
# By `make test`; all pairs with SLOW=1.
TRIED = {
    ("rabbitmq", "threads"),
    ("rabbitmq", "turbo"),
    ("sqs", "gevent"),
    ("sqs", "turbo"),
    ("redis", "prefork"),
    ("redis", "turbo"),
}


@pytest.fixture
def token(environment: TestEnvironment) -> Iterator[str]:
    """A text of this test's own; no queue stays paused after it."""
    yield os.urandom(4).hex()
    resumed(environment)


def paused(environment: TestEnvironment) -> None:
    """Pause the queue `quick` for all workers, as `app queue pause` does it and sooner."""
    with Redis.from_url(environment.valkey_url) as store:
        store.hset(f"{environment.resolved['prefix']}:paused", "quick", as_text(Pause(time.time())))


def resumed(environment: TestEnvironment) -> None:
    """Let it go on."""
    with Redis.from_url(environment.valkey_url) as store:
        store.delete(f"{environment.resolved['prefix']}:paused")


def effects(environment: TestEnvironment, token: str) -> int:
    return sum(token in each for each in environment.services.effects)


@on_each_kind
def test_workers_take_nothing_from_a_paused_queue_and_go_on_with_others(
    environment: TestEnvironment, token: str
) -> None:
    with short_polls(environment) as quick, quick.worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        paused(environment)
        eventually(lambda: "paused queues: quick" in log.read_text(), f"the pause; {log.read_text()[-2000:]}")
        # A poll that was under way takes what is sent while it waits, for at most a second.
        time.sleep(2)
        environment.python(NOTES.format(token=token) + "\n" + EFFECTS.format(token=token))
        eventually(lambda: effects(environment, token) == 5, "the other queue's tasks")
        time.sleep(2)
        assert environment.services.notes.count(token) == 0
        resumed(environment)
        eventually(lambda: environment.services.notes.count(token) == 5, f"the notes; {log.read_text()[-2000:]}")


@on_each_kind
def test_a_worker_that_starts_takes_nothing_from_a_paused_queue(environment: TestEnvironment, token: str) -> None:
    paused(environment)
    environment.python(NOTES.format(token=token) + "\n" + EFFECTS.format(token=token))
    with short_polls(environment) as quick, quick.worker("io") as (_, log):
        eventually(lambda: effects(environment, token) == 5, f"the other queue's tasks; {log}")
        time.sleep(2)
        assert environment.services.notes.count(token) == 0
        resumed(environment)
        eventually(lambda: environment.services.notes.count(token) == 5, f"the notes; {log.read_text()[-2000:]}")


def test_a_worker_that_starts_without_the_store_takes_nothing_before_it_knows_what_is_paused(
    rabbitmq: TestEnvironment, tmp_path: Path
) -> None:
    store, token = RestartedStore(tmp_path), os.urandom(4).hex()
    with store.up(), ExitStack() as later:
        url = f"redis://127.0.0.1:{store.port}/1"
        variant = rabbitmq.variant(tmp_path, results_url=url)
        client = later.enter_context(Redis.from_url(url))
        client.hset(paused_key(variant.resolved["prefix"]), "quick", as_text(Pause(time.time())))
        with store.away():
            variant.python(NOTES.format(token=token))
            _, log = later.enter_context(variant.worker("io"))
            eventually(lambda: "the result store is away" in log.read_text(), "the gate")
            time.sleep(2)
            assert variant.services.notes.count(token) == 0, log.read_text()[-2000:]
        eventually(lambda: "paused queues: quick" in log.read_text(), f"the pause; {log.read_text()[-2000:]}")
        time.sleep(2)
        assert variant.services.notes.count(token) == 0, log.read_text()[-2000:]
        client.delete(paused_key(variant.resolved["prefix"]))
        eventually(lambda: variant.services.notes.count(token) == 5, f"the notes; {log.read_text()[-2000:]}")


@pytest.mark.parametrize(
    ("environment", "pool"),
    [
        pytest.param(kind, pool, marks=[] if (kind, pool) in TRIED else pytest.mark.slow)
        for kind in ("rabbitmq", "sqs", "redis")
        for pool in ("threads", "prefork", "gevent", "turbo", "solo")
    ],
    indirect=["environment"],
)
def test_what_a_worker_holds_when_its_queue_is_paused_runs_once(
    environment: TestEnvironment, token: str, tmp_path: Path, pool: str
) -> None:
    file = tmp_path / token
    pools = {"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": 4}}
    variant = environment.variant(tmp_path, pools=pools)

    def ran() -> list[str]:
        return file.read_text().splitlines() if file.exists() else []

    with short_polls(variant) as quick, quick.worker("io") as (process, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        variant.python(COUNTED.format(count=TASKS, file=str(file)))
        eventually(lambda: len(ran()) >= 5, "the first tasks")
        paused(variant)
        eventually(lambda: "paused queues: quick" in log.read_text(), f"the pause; {log.read_text()[-2000:]}")
        time.sleep(3)
        there = len(ran())
        time.sleep(3)
        assert len(ran()) == there < TASKS, "tasks of a paused queue began"
        resumed(variant)
        eventually(lambda: len(ran()) >= TASKS, f"every task; {log.read_text()[-2000:]}")
        time.sleep(1)
        assert process.poll() is None
    assert ran() == ["0"] * TASKS, "a message was delivered more than once"


@pytest.mark.usefixtures("inside_sqs")
def test_a_worker_goes_on_with_what_the_store_said_last() -> None:
    prefix = runtime().environment.prefix
    store = Store(runtime().results_url, prefix)
    pause("quick", Pause(time.time()))
    try:
        store.poll()
        store._client = Redis(port=1)  # nobody listens there
        store.poll()
        assert store.paused == {"quick"}
    finally:
        resume("quick")
    assert not valkey().exists(f"{prefix}:paused")


@pytest.mark.usefixtures("inside_sqs")
def test_the_store_is_away_until_its_first_answer_and_no_longer() -> None:
    store = Store(runtime().results_url, runtime().environment.prefix)
    assert store.away

    store.poll()
    assert not store.away


def test_a_pause_says_who_and_why_and_is_refused_for_what_is_no_queue(redis: TestEnvironment) -> None:
    unknown, unnamed = (redis.app("queue", "pause", label) for label in ("quik", ""))
    (_, none), (first, _), (again, _), (_, listed), (ended, _), (twice, _) = commands(
        redis, "queue list", "queue pause slow --reason r", "queue pause slow", "queue list",
        "queue resume slow", "queue resume slow",
    )  # fmt: skip

    assert (unknown.returncode, unnamed.returncode, first, again) == (2, 2, 0, 1)
    assert "Use one of: default, effects, nightly, quick, slow." in unknown.stdout
    assert "no queue is paused" in none
    assert "slow" in listed
    assert (ended, twice) == (0, 1)


def test_a_queue_that_the_environment_has_no_more_can_be_resumed(redis: TestEnvironment) -> None:
    key = paused_key(redis.resolved["prefix"])
    with Redis.from_url(redis.valkey_url) as store:
        store.hset(key, "gone", as_text(Pause(time.time())))

        resumed, again = redis.app("queue", "resume", "gone"), redis.app("queue", "resume", "gone")

        assert (resumed.returncode, again.returncode) == (0, 2)
        assert not store.hexists(key, "gone")
