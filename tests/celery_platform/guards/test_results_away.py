"""A result store that refuses or hangs keeps no task from being published, and its results are got when it is back."""

import os
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
from celery import Celery, group
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.guards import results_away
from redis import Redis

from tests.harness import servers
from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port
from tests.harness.waiting import eventually

# What a preloaded web server does: it waits for a result before it forks, and for others in both processes after.
FORKED = """
import os
from celery import Celery
from celery_platform.guards.results_away import subscribe_when_waiting
app = Celery("forked", broker="memory://", backend={url!r}, set_as_current=False)
worker = Celery("worker", backend={url!r}, set_as_current=False)
subscribe_when_waiting(app)
def awaited(task_id):
    result = app.AsyncResult(task_id)
    def finish():
        if result.id not in finished:
            finished.add(result.id)
            worker.backend.store_result(task_id, task_id, "SUCCESS")
    return result.get(timeout=10, on_interval=finish)
finished = set()
print(awaited("before"), flush=True)
child = os.fork()
print(*(awaited(f"{{'child' if not child else 'parent'}}-{{number}}") for number in range(3)), flush=True)
if child:
    os.waitpid(child, 0)
"""
# With real parts and a real worker, from an application that is attached.
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


class Store:
    """A Valkey on a port of its own that can be started, stopped and made to hang."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self._running.enter_context(servers.valkey(self._folder, port=self.port))
        self._process = int(Redis(port=self.port).info("server")["process_id"])

    def refuse(self) -> None:
        self._running.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        os.kill(self._process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process, signal.SIGCONT)

    @contextmanager
    def away(self, how: str) -> Iterator[None]:
        """Within, it refuses connections or hangs."""
        if how == "frozen":
            with self.frozen():
                yield
        else:
            self.refuse()
            yield
            self.start()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.refuse()


def producer(store: Store, *, guarded: bool = True) -> Celery:
    """An application with a task `theirs`, which a worker elsewhere would run. Short time-outs make short tests."""
    app = Celery("theirs", broker=f"memory://{uuid.uuid4().hex}", backend=store.url, set_as_current=False)
    app.conf.update(redis_socket_timeout=2, redis_socket_connect_timeout=2, redis_retry_on_timeout=True)
    if guarded:
        results_away.subscribe_when_waiting(app)
    app.task(name="theirs")(theirs)
    return app


def theirs() -> None:
    """Nobody runs it here."""


def publish(app: Celery) -> Any:
    return app.tasks["theirs"].delay()


def done(store: Store, result: Any, value: Any) -> None:
    """What the worker does at the end of a task, from a connection of its own."""
    Celery("worker", backend=store.url, set_as_current=False).backend.store_result(result.id, value, "SUCCESS")


def later(seconds: float, call: Any, *args: Any) -> None:
    threading.Timer(seconds, call, args).start()


@pytest.mark.parametrize("how", ["refused", "frozen"])
def test_a_task_and_a_group_are_published_while_the_store_is_away(store: Store, how: str) -> None:
    app = producer(store)
    with store.away(how):
        begun = time.monotonic()
        publish(app)
        group(app.tasks["theirs"].s() for _ in range(3)).apply_async()

        assert time.monotonic() - begun < PUBLISH_BUDGET_SECONDS


def test_without_the_guard_a_publish_waits_for_the_store(store: Store) -> None:
    app = producer(store, guarded=False)
    published = threading.Event()
    with store.away("frozen"):
        threading.Thread(target=lambda: (publish(app), published.set()), daemon=True).start()

        why = "it did not (if Celery's on_task_call waits no more, remove app/celery_platform/guards/results_away.py)"
        assert not published.wait(PUBLISH_BUDGET_SECONDS + 1), why
    assert published.wait(60)


@pytest.mark.parametrize("how", ["refused", "frozen"])
def test_a_result_is_got_when_the_store_is_back(store: Store, how: str) -> None:
    app = producer(store)
    with store.away(how):
        result = publish(app)

    later(1, done, store, result, "back")

    assert result.get(timeout=10) == "back"


@pytest.mark.parametrize("how", ["refused", "frozen"])
def test_a_wait_that_failed_for_the_store_can_be_repeated(store: Store, how: str) -> None:
    app = producer(store)
    result = publish(app)
    with store.away(how), pytest.raises(app.backend.connection_errors):
        result.get(timeout=1)

    later(1, done, store, result, "back")

    assert result.get(timeout=10) == "back"


def test_who_waits_while_the_store_starts_again_gets_the_result(store: Store) -> None:
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


def test_who_waits_again_after_the_store_has_started_again_gets_the_result(store: Store) -> None:
    app = producer(store)
    before, after = publish(app), publish(app)
    done(store, before, "before")
    assert before.get(timeout=5) == "before"
    store.refuse()
    store.start()

    later(0.5, done, store, after, "after")

    assert after.get(timeout=5) == "after"


def test_a_connection_that_breaks_while_subscribing_is_replaced(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = producer(store)
    before, after = publish(app), publish(app)
    done(store, before, "before")
    assert before.get(timeout=5) == "before"
    # The question is lost with the connection, and redis-py by itself would wait for the answer on the next one.
    killed = Redis(port=store.port)
    pubsub = app.backend.result_consumer._pubsub
    monkeypatch.setattr(pubsub, "ping", lambda _: eventually(lambda: killed.client_kill_filter(_type="pubsub"), "kill"))

    later(0.5, done, store, after, "after")

    assert after.get(timeout=5) == "after"


def subscribed(store: Store, number: int) -> None:
    with Redis(port=store.port) as client:
        eventually(lambda: len(client.pubsub_channels("*task-meta*")) >= number, "the subscription", 10)


def test_a_result_stored_while_the_subscription_breaks_is_found(store: Store) -> None:
    app = producer(store)
    result = publish(app)
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.append(result.get(timeout=20)))
    waiting.start()
    subscribed(store, 1)
    backend = app.backend
    key, meta = backend.get_key_for_task(result.id), backend._get_result_meta("broken", "SUCCESS", None, None)
    with Redis(port=store.port).pipeline(transaction=True) as together:
        together.client_kill_filter(_type="pubsub")
        together.set(key, backend.encode(meta | {"task_id": result.id}))
        together.publish(key, backend.encode(meta | {"task_id": result.id}))
        together.execute()
    waiting.join(30)

    assert got == ["broken"]


def test_a_result_that_comes_right_after_the_stored_ones_were_read_is_heard_of(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = producer(store)
    result = publish(app)
    read = app.backend.client.mget

    def read_then_done(keys: Any) -> Any:
        values = read(keys)
        done(store, result, "between")
        return values

    monkeypatch.setattr(app.backend.client, "mget", read_then_done)
    monkeypatch.setattr(app.backend, "get_task_meta", lambda _id: {"status": "PENDING", "result": None})

    assert result.get(timeout=5) == "between"


def test_a_result_that_was_there_before_is_got_at_once(store: Store) -> None:
    app = producer(store)
    result = publish(app)
    done(store, result, "early")

    begun = time.monotonic()
    assert result.get(timeout=5) == "early"
    assert time.monotonic() - begun < 0.5


def test_a_group_hears_of_all_its_parts(store: Store) -> None:
    app = producer(store)
    parts = group(app.tasks["theirs"].s() for _ in range(20)).apply_async()
    for number, part in enumerate(parts.results):
        later(0.02 * number, done, store, part, number)

    assert parts.get(timeout=20) == list(range(20))


def test_threads_wait_for_results_of_their_own(store: Store) -> None:
    app = producer(store)
    results = [publish(app) for _ in range(10)]
    got: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda number=number: got.update({number: results[number].get(timeout=20)}))
        for number in range(10)
    ]
    for thread in threads:
        thread.start()
    for number, result in enumerate(results):
        done(store, result, number)
    for thread in threads:
        thread.join(30)

    assert got == {number: number for number in range(10)}


def test_parent_and_child_wait_on_connections_of_their_own(store: Store) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FORKED.format(url=store.url)], check=True, capture_output=True, text=True, timeout=60
    ).stdout.splitlines()

    assert sorted(said) == ["before", "child-0 child-1 child-2", "parent-0 parent-1 parent-2"]


def test_what_nobody_waits_for_any_more_is_unsubscribed(store: Store) -> None:
    app = producer(store)
    result, other = publish(app), publish(app)
    with pytest.raises(app.AsyncResult.TimeoutError):
        result.get(timeout=1)
    result.forget()
    done(store, other, "other")
    other.get(timeout=5)

    with Redis(port=store.port) as client:
        eventually(lambda: not client.pubsub_channels("*task-meta*"), "the end of all subscriptions", 10)


@pytest.mark.parametrize("kind", ["sqs", "redis"])  # a plain store, and one as ElastiCache has it
def test_a_worker_and_an_attached_producer_join_groups_and_chords(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment: TestEnvironment = request.getfixturevalue(kind)
    run = uuid.uuid4().hex
    with environment.worker("io"):
        printed = environment.python(GROUP_AND_CHORD.format(run=run, file=str(tmp_path / "ran")), timeout=120)

    assert printed.split() == [f"{run}-{number}" for number in range(4)] * 2


def test_a_backend_of_the_applications_own_stays(store: Store) -> None:
    app = Celery("theirs", backend=store.url, set_as_current=False)
    app.loader.override_backends = {"redis": "celery.backends.redis:RedisBackend"}
    results_away.subscribe_when_waiting(app)

    assert not isinstance(app.backend, results_away.Backend)
