"""Celery's signals and events of `publish_many` are those of as many calls of `apply_async`."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from celery import Celery, Task, signals
from celery_platform.publishing import NotPublishedError, publish_many
from kombu import Queue

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.waiting import eventually

from .tasks import registered

NAMES = ("before_task_publish", "after_task_publish", "task_sent")
CALLS: list[tuple[Any, Any]] = [((number,), {"key": "x"}) for number in range(6)]


class Heard(list[tuple[str, dict[str, Any]]]):
    """What listeners were told, in order."""

    def of(self, name: str) -> list[Any]:
        return [said for told, said in self if told == name]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Everything that listeners are told."""
    found = Heard()
    listeners = {name: (lambda name=name, **said: found.append((name, said))) for name in NAMES}
    for name, listener in listeners.items():
        getattr(signals, name).connect(listener)
    yield found
    for name, listener in listeners.items():
        getattr(signals, name).disconnect(listener)


class OwnTask(Task[Any, Any]):
    """An application's own way to send its tasks."""

    def apply_async(self, *args: Any, **options: Any) -> Any:
        return super().apply_async(*args, **options)


@pytest.fixture(params=["rabbitmq", "memory"])
def app(request: pytest.FixtureRequest, where: str) -> Iterator[Any]:
    """An application that asks for the event of each message, on a broker with confirms and on one without."""
    url = "memory://"
    if request.param == "rabbitmq":
        bench: Bench = request.getfixturevalue("bench")
        url = bench.variables["TURBO_BROKER"]
    app = Celery("publisher", broker=url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True, task_queues=[Queue(where)], task_default_queue=where, task_send_sent_event=True
    )
    yield app
    with app.connection() as connection:
        channel: Any = connection.default_channel
        channel.queue_delete(where)


def events(app: Any, publish: Any, count: int) -> list[dict[str, Any]]:
    """The events that come while `publish` runs, and a little later."""
    found: list[dict[str, Any]] = []
    with app.connection() as connection:
        receiver = app.events.Receiver(connection, handlers={"task-sent": found.append})
        with receiver.consumer_context() as (consuming, _channel, _consumers):
            publish()
            eventually(lambda: _drained(consuming) and len(found) >= count, "the events", 20)
            _drained(consuming)
    return found


def _drained(connection: Any) -> bool:
    with suppress(TimeoutError, OSError):
        connection.drain_events(timeout=0.5)
    return True


def stable(said: dict[str, Any], ids: list[str]) -> dict[str, Any]:
    """What a listener was told of a message, with its number in place of its id."""
    headers = {
        name: value for name, value in said.get("headers", {}).items() if name not in ("sent_at", "published_at")
    }
    for name in ("id", "root_id"):
        if headers:
            headers[name] = ids.index(headers[name])
    kept = {name: value for name, value in said.items() if name not in ("signal", "declare", "properties")}
    return kept | {"headers": headers, "task_id": said.get("task_id") and ids.index(said["task_id"])}


@pytest.mark.parametrize("base", [Task, OwnTask], ids=["celery's", "its own"])
@pytest.mark.parametrize("name", ["after_task_publish", "task_sent"])
def test_listeners_are_told_of_each_message_what_apply_async_tells_them(
    app: Any, heard: Heard, name: str, base: Any
) -> None:
    task = registered(app, base=base)
    sent = [task.apply_async(args, kwargs, link=task.s(1)).id for args, kwargs in CALLS]
    expected = [stable(said, sent) for said in heard.of(name)]
    heard.clear()

    published = publish_many(task, CALLS, link=task.s(1))

    assert [stable(said, list(published.ids)) for said in heard.of(name)] == expected
    assert len(expected) == len(heard.of("before_task_publish")) == len(CALLS)


def test_listeners_are_told_when_the_messages_are_with_the_broker(bench: Bench, where: str, heard: Heard) -> None:
    full = Queue(where, queue_arguments={"x-max-length": 3, "x-overflow": "reject-publish"})

    with pytest.raises(NotPublishedError) as caught:
        publish_many(bench.work.record, [((where, number), {}) for number in range(50)], queue=full)

    told = [said["headers"]["id"] for said in heard.of("after_task_publish")]
    assert told == caught.value.published.ids
    with bench.work.app.connection() as connection:
        channel: Any = connection.default_channel
        channel.queue_delete(where)


@pytest.mark.parametrize("base", [Task, OwnTask], ids=["celery's", "its own"])
def test_each_message_has_its_event_and_no_event_is_left(app: Any, base: Any) -> None:
    task = registered(app, base=base)
    ids: list[str] = []

    found = events(app, lambda: ids.extend(publish_many(task, CALLS).ids), len(CALLS))

    assert Counter(event["uuid"] for event in found) == Counter(ids)
    as_celery = events(app, lambda: task.apply_async(*CALLS[0]), 1)[0]
    mine = next(event for event in found if event["uuid"] == ids[0])
    assert mine.keys() == as_celery.keys()
    assert {name for name in mine if mine[name] != as_celery[name]} <= {
        "uuid", "root_id", "clock", "timestamp", "local_received",
    }  # fmt: skip
    assert not app.amqp._event_dispatcher._outbound_buffer


def test_events_that_cannot_be_sent_fail_no_message(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task = registered(app)

    def refused(*_: Any, **__: Any) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(app.events.Dispatcher, "_publish", refused, raising=False)

    assert len(publish_many(task, CALLS).ids) == len(CALLS)


def test_threads_that_publish_at_once_are_told_of_their_own(app: Any, heard: Heard) -> None:
    task = registered(app)
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.extend(publish_many(task, CALLS).ids)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(said["headers"]["id"] for said in heard.of("after_task_publish")) == Counter(ids)
