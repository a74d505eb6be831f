"""Tasks are published while the result store refuses or hangs, and their results are received afterwards."""

import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, group
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.guards import results_away

from tests.harness.environment import TestEnvironment

from .result_store import Store, done, later, producer, publish, subscribed

pytestmark = pytest.mark.server

# Use an attached application and a real worker.
GROUP_AND_CHORD = """
from celery import chord, group
from exercises.celery import celery
from exercises.probe import once
assert type(celery.backend).__module__ == "celery_platform.guards.results_away"
parts = [once.si(f"{run}-{{number}}", {file!r}).set(ignore_result=False) for number in range(4)]
whole = chord(parts, once.s({file!r}).set(ignore_result=False)).apply_async()
joined = group(parts).apply_async()
print(*whole.get(timeout=60), *joined.get(timeout=60))
"""


@pytest.mark.parametrize("how", ["refused", "frozen"])
def test_a_task_and_a_group_are_published_while_the_store_is_down(store: Store, how: str) -> None:
    app = producer(store)
    with store.away(how):
        begun = time.monotonic()
        publish(app)
        group(app.tasks["theirs"].s() for _ in range(3)).apply_async()

        assert time.monotonic() - begun < PUBLISH_BUDGET_SECONDS


def test_without_the_guard_a_publish_waits_for_the_store(store: Store) -> None:
    app = producer(store, guarded=False)
    published = threading.Event()

    def publish_and_say() -> None:
        publish(app)
        published.set()

    with store.away("frozen"):
        threading.Thread(target=publish_and_say, daemon=True).start()

        why = "it did not (if Celery's on_task_call no longer waits, remove app/celery_platform/guards/results_away.py)"
        assert not published.wait(PUBLISH_BUDGET_SECONDS + 1), why
    assert published.wait(60)


@pytest.mark.parametrize("how", ["refused", "frozen"])
def test_a_result_is_received_when_the_store_is_back(store: Store, how: str) -> None:
    app = producer(store)
    with store.away(how):
        result = publish(app)

    later(1, done, store, result, "back")

    assert result.get(timeout=10) == "back"


@pytest.mark.parametrize("how", ["refused", "frozen"])
def test_a_wait_that_failed_for_the_store_can_be_repeated(store: Store, how: str) -> None:
    app = producer(store)
    result = publish(app)
    backend: Any = app.backend
    with store.away(how), pytest.raises(backend.connection_errors):
        result.get(timeout=1)

    later(1, done, store, result, "back")

    assert result.get(timeout=10) == "back"


def test_a_caller_that_waits_during_a_restart_of_the_store_gets_the_result(store: Store) -> None:
    app = producer(store)
    result = publish(app)
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.append(result.get(timeout=60)))
    waiting.start()
    subscribed(store, 1)
    store.refuse()
    store.start()
    done(store, result, "after")
    waiting.join(60)

    assert got == ["after"]


def test_a_caller_that_waits_again_after_a_restart_of_the_store_gets_the_result(store: Store) -> None:
    app = producer(store)
    before, after = publish(app), publish(app)
    done(store, before, "before")
    assert before.get(timeout=5) == "before"
    store.refuse()
    store.start()

    later(0.5, done, store, after, "after")

    assert after.get(timeout=5) == "after"


@pytest.mark.parametrize("kind", ["sqs", "redis"])  # a plain store, and one as ElastiCache has it
def test_a_worker_and_an_attached_producer_join_groups_and_chords(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment: TestEnvironment = request.getfixturevalue(kind)
    run = uuid.uuid4().hex
    with environment.worker("io"):
        printed = environment.python(GROUP_AND_CHORD.format(run=run, file=str(tmp_path / "ran")), timeout=120)

    assert printed.split() == [f"{run}-{number}" for number in range(4)] * 2


def test_an_applications_own_backend_is_kept(store: Store) -> None:
    app = Celery("theirs", backend=store.url, set_as_current=False)
    app.loader.override_backends = {"redis": "celery.backends.redis:RedisBackend"}
    results_away.subscribe_when_waiting(app)

    assert not isinstance(app.backend, results_away.Backend)
