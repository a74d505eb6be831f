"""Many messages at once: each is as Celery makes it, and each is confirmed or named."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import Celery
from celery_platform.publishing import NotPublishedError, publish_many
from kombu import Queue

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.cable import cable
from tests.harness.waiting import eventually

from .tasks import registered


@pytest.fixture
def queue(bench: Bench, where: str) -> Iterator[str]:
    """A queue nobody consumes."""
    with bench.work.app.connection() as connection:
        channel = connection.default_channel
        channel.queue_declare(where, durable=True, auto_delete=False)
        yield where
        channel.queue_delete(where)


def drained(bench: Bench, queue: str) -> list[str]:
    """The ids of all messages in a queue."""
    ids = []
    with bench.work.app.connection() as connection:
        channel = connection.default_channel
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            ids.append(message.properties["correlation_id"])
    return ids


FULL = {"x-max-length": 10, "x-overflow": "reject-publish"}


def numbers(count: int) -> list[tuple[Any, Any]]:
    return [(("unused", number), {}) for number in range(count)]


def test_all_are_with_the_broker_when_it_returns(bench: Bench, queue: str) -> None:
    published = publish_many(bench.work.record, numbers(3000), queue=Queue(queue))

    assert drained(bench, queue) == published.ids
    assert len(set(published.ids)) == 3000
    assert published.repeated == set()


def test_a_large_message_is_published_whole(bench: Bench, queue: str) -> None:
    publish_many(bench.work.record, [(("unused", "x" * 1_000_000), {})] * 4, queue=Queue(queue))

    with bench.work.app.connection() as connection:
        message = connection.default_channel.basic_get(queue, no_ack=True)
    assert len(json.loads(message.body)[0][1]) == 1_000_000


def test_workers_run_what_was_published(bench: Bench, where: str) -> None:
    with bench.worker(1):
        publish_many(bench.work.record, [((where, number), {}) for number in range(500)])

        assert sorted(map(int, bench.noted(where, 500))) == list(range(500))


def test_messages_that_no_queue_takes_are_named(bench: Bench) -> None:
    with pytest.raises(NotPublishedError, match="unroutable") as caught:
        publish_many(bench.work.record, numbers(5), exchange="amq.direct", routing_key="nowhere")

    assert [failure.index for failure in caught.value.failures] == [0, 1, 2, 3, 4]
    assert caught.value.published.ids == []


def test_messages_that_the_broker_refuses_are_named(bench: Bench, where: str) -> None:
    with pytest.raises(NotPublishedError, match="nacked") as caught:
        publish_many(bench.work.record, numbers(100), queue=Queue(where, queue_arguments=FULL))

    taken = drained(bench, where)
    assert taken == caught.value.published.ids
    assert 10 <= len(taken) < 100
    assert len(taken) + len(caught.value.failures) == 100


def test_an_exchange_that_is_not_there_is_said(bench: Bench) -> None:
    with pytest.raises(NotPublishedError, match="no exchange 'no-such-exchange'") as caught:
        publish_many(bench.work.record, numbers(5), exchange="no-such-exchange", routing_key="x")

    assert len(caught.value.failures) == 5


def test_a_call_that_cannot_be_serialized_holds_back_no_other(bench: Bench, queue: str) -> None:
    calls = numbers(10)
    calls[5] = (("unused", object()), {})

    with pytest.raises(NotPublishedError, match="cannot be serialized") as caught:
        publish_many(bench.work.record, calls, queue=Queue(queue))

    assert [failure.index for failure in caught.value.failures] == [5]
    assert len(drained(bench, queue)) == 9


def test_a_message_over_the_brokers_size_is_named_and_holds_back_no_other(bench: Bench, queue: str) -> None:
    app = Celery("publisher", broker=bench.variables["TURBO_BROKER"], set_as_current=False)
    app.conf.broker_transport_options = {"max_message_bytes": 1_000}
    task = registered(app, ignore_result=True)

    with pytest.raises(NotPublishedError, match="at most 917 bytes") as caught:
        publish_many(task, [((), {}), (("x" * 1_000,), {}), ((), {})], queue=Queue(queue))

    assert [failure.index for failure in caught.value.failures] == [1]
    assert len(drained(bench, queue)) == 2


def test_arguments_that_the_task_does_not_take_send_nothing(bench: Bench, queue: str) -> None:
    with pytest.raises(TypeError):
        publish_many(bench.work.record, [*numbers(5), ((), {})], queue=Queue(queue))

    assert drained(bench, queue) == []


def test_a_lost_connection_loses_nothing_and_repeats_only_what_is_named(bench: Bench, queue: str) -> None:
    url = urlsplit(bench.variables["TURBO_BROKER"])
    with cable(int(url.port or 0)) as line:
        app = Celery(
            "publisher", broker=url._replace(netloc=url.netloc.replace(str(url.port), str(line.port))).geturl()
        )
        task = registered(app, ignore_result=True)

        def cut() -> None:
            eventually(lambda: bench.waiting(queue) > 0, "the first messages")
            for _ in range(4):
                time.sleep(0.1)
                line.pull()
                line.plug()

        cutting = threading.Thread(target=cut)
        cutting.start()
        published = publish_many(task, numbers(20_000), queue=Queue(queue))
        cutting.join()

    there = Counter(drained(bench, queue))
    assert there.keys() == set(published.ids)
    assert {task_id for task_id, count in there.items() if count > 1} <= published.repeated
    assert published.repeated, "no connection was cut while messages were on their way"


def test_a_broker_that_stays_away_is_said(bench: Bench) -> None:
    with cable(1) as line:
        line.pull()
        app = Celery("publisher", broker=f"amqp://127.0.0.1:{line.port}")
        task = registered(app, ignore_result=True)

        with pytest.raises(NotPublishedError, match="connection was lost") as caught:
            publish_many(task, numbers(3), patience=1)

    assert len(caught.value.failures) == 3
    assert bench
