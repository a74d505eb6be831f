"""A paused queue asks for no further workers, where the exporter says how many a pool needs; on each kind of broker."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery_platform.brokers import source_of
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.reading import QueueReading, Reading
from celery_platform.observability.exporter.run import poll, store_poll
from celery_platform.observability.runtimes import runtimes_key
from celery_platform.reliability.paused_queues import Pause
from celery_platform.reliability.pausing import pause, resume
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .harness.inside import inside
from .harness.stack import scaled_on_wait
from .harness.worker import ObservedWorker

SLOTS, WAITING = 4, 20
WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]


def wanted(last_poll: LastPoll) -> float:
    """How many workers the exporter asks for."""
    families = {family.name: family for family in LastPollCollector(last_poll).collect()}
    (sample,) = families["celery_pool_workers_wanted"].samples
    return float(sample.value)


@contextmanager
def exporting(environment: TestEnvironment, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LastPoll]:
    """An exporter's memory, of an environment in which no queue is paused at first."""
    with inside(scaled_on_wait(environment, folder), monkeypatch):
        valkey().delete(runtimes_key(runtime().environment.prefix))
        resume("default")
        yield LastPoll(runtime().environment, interval_seconds=15)
        resume("default")


def test_of_a_paused_queue_only_what_workers_hold_counts(
    sqs: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with exporting(sqs, tmp_path, monkeypatch) as last_poll:
        queues, each = last_poll.environment.queues, last_poll.environment.pool("io").backlog_per_worker
        found = {queues["default"].name: QueueReading(500, unacked=8), queues["quick"].name: QueueReading(20)}
        last_poll.remember(Reading(found), 0.1)

        before, last_poll.paused = wanted(last_poll), frozenset({"default"})

        assert before == pytest.approx((500 + 8 + 20) / each)
        assert wanted(last_poll) == pytest.approx((8 + 20) / each)


@pytest.mark.observability
@pytest.mark.parametrize("kind", ["managed_rabbitmq", "sqs", "redis"])
def test_a_pool_whose_queue_is_paused_keeps_the_workers_that_it_uses_and_gets_no_more(
    kind: str, request: pytest.FixtureRequest, worker_of: WorkerOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment: TestEnvironment = request.getfixturevalue(kind)
    with worker_of(environment, "threads").started() as worker, exporting(environment, tmp_path, monkeypatch) as polled:

        def asked() -> tuple[float, QueueReading]:
            poll(polled, source_of(runtime()), store_poll(runtime()))
            assert polled.reading
            return wanted(polled), polled.reading.queues[polled.environment.queues["default"].name]

        def holds_some() -> tuple[float, QueueReading] | None:
            found = asked()
            return found if found[1].unacked >= SLOTS and found[1].backlog == SLOTS + WAITING else None

        worker.send(("load.nap", [30]), times=SLOTS + WAITING)
        workers, queue = eventually(holds_some, "running and waiting tasks", 30)
        each = polled.environment.pool("io").backlog_per_worker
        assert workers == pytest.approx(queue.backlog / each)

        pause("default", Pause(time.time()))
        workers, queue = asked()
        assert queue.ready > 0
        assert workers == pytest.approx(queue.unacked / each)

        resume("default")
        workers, queue = asked()
        assert workers == pytest.approx(queue.backlog / each)
        worker.empty_the_queues()
