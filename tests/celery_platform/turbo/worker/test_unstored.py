"""Each delivery of a turbo process has its settlement when its result is stored, also in the middle of a turn."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from celery.worker.request import Request
from celery_platform.transports.redis.transport import Transport
from celery_platform.transports.turn import ACKS_PER_WRITE
from celery_platform.turbo.results.deferring import DefersResults
from celery_platform.turbo.worker.strategy import _fast
from celery_platform.turbo.worker.unstored import Unstored
from celery_platform.turbo.worker.without_request import WithoutRequest
from kombu import Connection, Consumer, Queue
from redis import Redis

QUEUE = "settled"


class Noting(WithoutRequest):
    """Notes the settlements of deliveries by their tasks' ids."""

    def __init__(self) -> None:
        self.settled: dict[str, list[str]] = {}

    def done(self, task: str, task_id: str) -> None:  # noqa: ARG002 - a method of the base class
        self.settled.setdefault(task_id, []).append("done")

    def given_back(self, task: str, task_id: str) -> None:  # noqa: ARG002 - a method of the base class
        self.settled.setdefault(task_id, []).append("given_back")


class Store(DefersResults):
    """A result store that answers, or does not."""

    answers = True

    def flush(self) -> None:
        if not self.answers:
            raise OSError("away")


@pytest.fixture
def redis_url(valkey_port: int) -> Iterator[str]:
    url = f"redis://127.0.0.1:{valkey_port}/7"
    yield url
    Redis.from_url(url).flushdb()


def strategy_of(noting: Noting, unstored: Unstored) -> tuple[Any, Any]:
    """A task, and the fast strategy of a turbo process for it."""
    app = Celery("settled", set_as_current=False)
    app.conf.task_acks_late = True

    class Noted(Request):
        without_request = noting

    @app.task(name="settled.nothing", Request=Noted, ignore_result=True)
    def nothing() -> None:
        """As little as a task can do."""

    task: Any = nothing
    app.finalize()
    task.__trace__ = build_tracer(task.name, task, app=app)
    # No pool of Celery's, which would take over the signals of this process.
    pool = SimpleNamespace(unstored=unstored, begin=lambda *_: None, end=lambda: None, running_request=None)
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


def test_the_delivery_whose_acknowledgement_fills_a_write_is_settled_with_it(redis_url: str) -> None:
    noting, unstored = Noting(), Unstored(Store())
    task, fast = strategy_of(noting, unstored)
    with Connection(redis_url, transport=Transport) as connection:
        transport: Any = connection.transport
        sent = [task.apply_async(queue=QUEUE, connection=connection).id for _ in range(ACKS_PER_WRITE)]
        transport.batches_acks, transport.before_acks = True, unstored.store
        transport.sent_at = float("inf")  # the number of acknowledgements counts, not the time since the last ones

        run_all(connection, fast, len(sent))

        assert noting.settled == {task_id: ["done"] for task_id in sent}
        transport.flush_acknowledgements()
