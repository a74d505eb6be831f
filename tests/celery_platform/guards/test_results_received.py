"""A caller that waits for a result receives it, whenever it arrives and whatever breaks in the meantime."""

import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from celery import group
from redis import Redis

from tests.harness.waiting import eventually

from .result_store import Store, done, later, producer, publish, subscribed

pytestmark = pytest.mark.server

# Like a preloaded web server, it waits for a result before it forks, and for others in both processes afterwards.
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
whose = "parent" if child else "child"
# One write each: the lines of two processes mix otherwise, where Python's output is not buffered.
os.write(1, (" ".join(awaited(f"{{whose}}-{{number}}") for number in range(3)) + "\\n").encode())
if child:
    os.waitpid(child, 0)
"""


def test_a_connection_that_breaks_while_subscribing_is_replaced(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = producer(store)
    before, after = publish(app), publish(app)
    done(store, before, "before")
    assert before.get(timeout=5) == "before"
    # The request is lost with the connection, and redis-py would wait for its reply on the next connection.
    killed = Redis(port=store.port)
    backend: Any = app.backend
    pubsub = backend.result_consumer._pubsub
    monkeypatch.setattr(pubsub, "ping", lambda _: eventually(lambda: killed.client_kill_filter(_type="pubsub"), "kill"))

    later(0.5, done, store, after, "after")

    assert after.get(timeout=5) == "after"


def test_a_result_stored_while_the_subscription_breaks_is_found(store: Store) -> None:
    app = producer(store)
    result = publish(app)
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.append(result.get(timeout=20)))
    waiting.start()
    subscribed(store, 1)
    backend: Any = app.backend
    key, meta = backend.get_key_for_task(result.id), backend._get_result_meta("broken", "SUCCESS", None, None)
    with Redis(port=store.port).pipeline(transaction=True) as together:
        together.client_kill_filter(_type="pubsub")
        together.set(key, backend.encode(meta | {"task_id": result.id}))
        together.publish(key, backend.encode(meta | {"task_id": result.id}))
        together.execute()
    waiting.join(30)

    assert got == ["broken"]


def test_a_result_published_right_after_the_stored_ones_were_read_is_received(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = producer(store)
    result = publish(app)
    backend: Any = app.backend
    read = backend.client.mget

    def read_then_done(keys: Any) -> Any:
        values = read(keys)
        done(store, result, "between")
        return values

    monkeypatch.setattr(backend.client, "mget", read_then_done)
    monkeypatch.setattr(backend, "get_task_meta", lambda _id: {"status": "PENDING", "result": None})

    assert result.get(timeout=5) == "between"


def test_a_result_that_was_stored_before_is_received_at_once(store: Store) -> None:
    app = producer(store)
    result = publish(app)
    done(store, result, "early")

    begun = time.monotonic()
    assert result.get(timeout=5) == "early"
    assert time.monotonic() - begun < 0.5


def test_a_group_receives_the_results_of_all_its_parts(store: Store) -> None:
    app = producer(store)
    parts: Any = group(app.tasks["theirs"].s() for _ in range(20)).apply_async()
    for number, part in enumerate(parts.results):
        later(0.02 * number, done, store, part, number)

    assert parts.get(timeout=20) == list(range(20))


def test_each_thread_receives_its_own_results(store: Store) -> None:
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


def test_parent_and_child_wait_on_separate_connections(store: Store) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FORKED.format(url=store.url)], check=True, capture_output=True, text=True, timeout=60
    ).stdout.splitlines()

    assert sorted(said) == ["before", "child-0 child-1 child-2", "parent-0 parent-1 parent-2"]


def test_a_result_that_no_caller_waits_for_is_unsubscribed(store: Store) -> None:
    app = producer(store)
    result, other = publish(app), publish(app)
    with pytest.raises(app.AsyncResult.TimeoutError):
        result.get(timeout=1)
    result.forget()
    done(store, other, "other")
    other.get(timeout=5)

    with Redis(port=store.port) as client:
        eventually(lambda: not client.pubsub_channels("*task-meta*"), "the end of all subscriptions", 10)
