"""Each delivery of a turbo process has its settlement when its result is stored, also in the middle of a turn."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from celery.worker.request import Request
from celery_platform.transports.redis.transport import Transport
from celery_platform.transports.turn import ACKS_PER_WRITE
from celery_platform.turbo.worker.keepalive import Keepalive
from celery_platform.turbo.worker.pool import TaskPool
from celery_platform.turbo.worker.strategy import _fast
from celery_platform.turbo.worker.without_request import WithoutRequest
from kombu import Connection, Consumer, Queue
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.celery_platform.turbo.harness.fake_results import FakeResults

QUEUE = "settled"
# A pool takes over the signals of its process, so it has one of its own here.
SHUTDOWN = """
from celery import Celery, signals
from celery_platform.turbo.worker.pool import TaskPool
from celery_platform.turbo.worker.unstored import Unstored
from celery_platform.turbo.worker.without_request import WithoutRequest

class Noting(WithoutRequest):
    def given_back(self, task, task_id):
        print("given back:", task_id)

pool = TaskPool(1, app=Celery())
pool.unstored = Unstored(None, keeps_acks=True)
pool.unstored.add(Noting(), "a", "1")
pool.unstored.connection_lost()
print("the worker ends")
signals.worker_shutdown.send(sender=None)
"""


class Noting(WithoutRequest):
    """Notes the settlements of deliveries by their tasks' ids."""

    def __init__(self) -> None:
        self.settled: dict[str, list[str]] = {}

    def done(self, task: str, task_id: str) -> None:  # noqa: ARG002 - a method of the base class
        self.settled.setdefault(task_id, []).append("done")

    def given_back(self, task: str, task_id: str) -> None:  # noqa: ARG002 - a method of the base class
        self.settled.setdefault(task_id, []).append("given_back")


@pytest.fixture
def redis_url(valkey_port: int) -> Iterator[str]:
    url = f"redis://127.0.0.1:{valkey_port}/7"
    yield url
    Redis.from_url(url).flushdb()


def pool_of_one() -> Any:
    """No pool of Celery's, which would take over the signals of this process."""
    return SimpleNamespace(unstored=None, begin=lambda *_: None, end=lambda: None, running_request=None)


def strategy_of(noting: Noting, pool: Any) -> tuple[Any, Any]:
    """A task, and the fast strategy of a turbo process for it."""
    app = Celery("settled", set_as_current=False)
    app.conf.task_acks_late = True

    class Noted(Request):
        without_request = noting

    @app.task(name=f"settled.{os.urandom(3).hex()}", Request=Noted, ignore_result=True)
    def nothing() -> None:
        """As little as a task can do."""

    task: Any = nothing
    app.finalize()
    task.__trace__ = build_tracer(task.name, task, app=app)
    consumer = SimpleNamespace(
        pool=pool, hostname="one@here", task_buckets={task.name: None}, event_dispatcher=None, disable_rate_limits=True,
        controller=SimpleNamespace(state=SimpleNamespace(revoked=())), connection_errors=(),
    )  # fmt: skip
    return task, _fast(task, app, consumer)


def run_all(connection: Connection, fast: Any, count: int) -> None:
    """Run so many messages of the queue, one after another."""
    left = list(range(count))

    def run(message: Any) -> None:
        left.pop()
        fast(message, ())

    with Consumer(connection.default_channel, [Queue(QUEUE)], on_message=run):
        while left:
            connection.drain_events(timeout=5)


@contextmanager
def connected(url: str, pool: Any, store: FakeResults) -> Iterator[Connection]:
    """A connection as a worker's event loop has it, with the step that stores results before acknowledgements."""
    with Connection(url, transport=Transport) as connection:
        transport: Any = connection.transport
        transport.batches_acks = True
        transport.sent_at = float("inf")  # the number of acknowledgements counts, not the time since the last ones
        Keepalive._store_results_first(transport, pool, store)
        yield connection
    Transport.Channel.pending.clear()


def test_the_delivery_whose_acknowledgement_fills_a_write_is_settled_with_it(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine takes longer than that for some of them, which are then acknowledged before the write is full.
    monkeypatch.setattr("celery_platform.transports.redis.acknowledgements.STALE_SECONDS", 60)
    noting, pool = Noting(), pool_of_one()
    task, fast = strategy_of(noting, pool)
    with connected(redis_url, pool, FakeResults()) as connection:
        sent = [task.apply_async(queue=QUEUE, connection=connection).id for _ in range(ACKS_PER_WRITE)]

        run_all(connection, fast, len(sent))

        assert noting.settled == {task_id: ["done"] for task_id in sent}


def test_what_redis_has_not_acknowledged_is_done_with_the_next_connection(redis_url: str) -> None:
    noting, pool, store = Noting(), pool_of_one(), FakeResults()
    task, fast = strategy_of(noting, pool)
    with connected(redis_url, pool, store) as connection:
        sent = [task.apply_async(queue=QUEUE, connection=connection).id for _ in range(3)]
        run_all(connection, fast, len(sent))
        store.answers = False
        channel: Any = connection.default_channel
        with pytest.raises(RedisConnectionError, match="results could not be stored"):
            channel.flush_acknowledgements()
        assert noting.settled == {}, "they are not delivered again"
        store.answers = True

        with connected(redis_url, pool, store) as after:
            assert noting.settled == {}
            transport: Any = after.transport
            assert after.default_channel
            transport.flush_acknowledgements()

            assert noting.settled == {task_id: ["done"] for task_id in sent}
            assert Redis.from_url(redis_url).hlen("unacked") == 0


def test_a_process_that_ends_first_gives_them_back(redis_url: str) -> None:
    noting, pool, store = Noting(), pool_of_one(), FakeResults()
    task, fast = strategy_of(noting, pool)
    with connected(redis_url, pool, store) as connection:
        sent = task.apply_async(queue=QUEUE, connection=connection).id
        run_all(connection, fast, 1)
        store.answers = False

    TaskPool.settle_left(pool)

    assert noting.settled == {sent: ["given_back"]}
    assert Redis.from_url(redis_url).hlen("unacked") == 1, "it comes again after the visibility timeout"


def test_the_end_of_its_worker_is_the_end_of_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", SHUTDOWN], capture_output=True, text=True, timeout=60, check=True)

    assert ended.stdout.splitlines() == ["the worker ends", "given back: 1"]
