"""A worker that loses a message or a slot of its pool is red; one that is busy, or keeps messages for later, is not."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery_platform.worker import heartbeat_file
from celery_platform.worker.heartbeat_file import judge

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

WORKER = """
import os
os.environ["CELERY_GEVENT_PATCHED"] = str(os.getpid())  # see the command
from celery_platform.settlement import balance
balance.GRACE_SECONDS = {grace}
{defect}
from celery_platform.worker.start import start_worker
start_worker("cpu")
"""
# Defects that do not exist. A message that is taken and that nobody runs:
LOST = """
from celery_platform.dead_letters import unreadable
unreadable._create_task_handler = lambda *_, **__: lambda message: None
"""
# A slot that stays taken after its task has ended, in each kind of pool:
PREFORK = """
from celery_platform.worker import start_checks
from kombu.asynchronous.semaphore import LaxBoundedSemaphore
LaxBoundedSemaphore.release = lambda self: None
"""
UNPOOLED = """
import time
from celery.concurrency import {module}
from celery.concurrency.base import apply_target
def endless(*args, **options):
    apply_target(*args, **options)
    time.sleep(3600)
{module}.apply_target = endless
"""
ASYNCIO = """
import time
from celery.concurrency.base import apply_target
from celery_platform.worker.asyncio_pool import pool
def endless(*args, **options):
    apply_target(*args, **options)
    time.sleep(3600)
pool.apply_target = endless
"""
TURBO = """
from celery_platform.turbo.worker.pool import TaskPool
TaskPool.end = lambda self: self.connection_lock.acquire()
"""
SLOTS = {"prefork": PREFORK, "threads": UNPOOLED.format(module="thread"), "gevent": UNPOOLED.format(module="base"),
         "turbo": TURBO, "asyncio": ASYNCIO}  # fmt: skip
DEFECTS = (LOST, *SLOTS.values())
BROKERS = ("rabbitmq", "sqs", "redis")
# Each takes half a minute, so `make test` runs few of them.
SHORT = frozenset({("rabbitmq", "prefork"), ("redis", "threads"), ("sqs", "turbo")})
SEND = "from exercises.endings import end_late as task\nfor _ in range({count}): task.apply_async(kwargs={how}{more})"
ONE = SEND.format(count=1, how={"how": "returns nothing"}, more="")
# Longer than the grace, more than there are slots; and some that wait for their time.
MANY = "\n".join((
    SEND.format(count=6, how={"how": "runs longer than its soft limit"}, more=", soft_time_limit=5"),
    SEND.format(count=3, how={"how": "returns nothing"}, more=", countdown=12"),
))  # fmt: skip


# A task that takes longer than a probe waits.
LONG = """
from exercises import endings
endings.BODIES["returns nothing"] = endings.sleep(50)
"""


def cells(pools: tuple[str, ...], short: frozenset[tuple[str, str]] = SHORT) -> list[object]:
    """Each broker with each pool; those that are not among the `short` ones take too long for every run."""
    return [
        pytest.param(broker, pool, marks=() if (broker, pool) in short else (pytest.mark.slow,))
        for broker in BROKERS
        for pool in pools
    ]


class Worker:
    """A worker with a defect, whose heartbeat can be judged."""

    def __init__(self, environment: TestEnvironment, folder: Path, pool: str) -> None:
        # Each process of a turbo pool says it for itself.
        pools = {"cpu": {"type": pool, "concurrency": 1 if pool == "turbo" else 2}}
        self.environment = environment.variant(folder, pools=pools)
        self.heartbeat, self.log, self.program = folder / "heartbeat", folder / "worker.log", folder / "worker.py"
        # A worker with that pool would start itself anew, without the defect, to be patched first of all.
        self.patched = ["-m", "gevent.monkey"] if pool == "gevent" else []

    @contextmanager
    def started(self, defect: str) -> Iterator[None]:
        """Run it. One with a defect is killed at the end: it would wait for what it lost."""
        self.program.write_text(WORKER.format(grace=3.0, defect=defect))
        command = [sys.executable, *self.patched, str(self.program)]
        with short_polls(self.environment) as quick:
            variables = quick.variables | {"CELERY_HEARTBEAT_FILE": str(self.heartbeat)}
            with running(command, self.log, variables, stop_seconds=0 if defect in DEFECTS else 20):
                yield

    def passes(self, probe: str) -> bool:
        return judge(probe, str(self.heartbeat))[0]

    def is_ready(self) -> None:
        eventually(lambda: self.passes("readiness"), f"readiness; {self.log.read_text()[-2000:]}")

    def turns_red(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(heartbeat_file, "STALE_SECONDS", 10)  # of the probe, which runs here
        eventually(lambda: not self.passes("liveness"), f"the failure of the probe; {self.log}", 60)


def said(worker: Worker) -> int:
    """How often the log says it."""
    return worker.log.read_text().count("is neither settled nor held by a task")


@pytest.fixture
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Worker:
    """The worker of the test's broker and pool."""
    broker, pool = (request.node.callspec.params[name] for name in ("broker", "pool"))
    return Worker(request.getfixturevalue(broker), tmp_path, pool)


@pytest.mark.parametrize(("broker", "pool"), cells(("prefork", "threads", "gevent", "turbo", "solo", "asyncio")))
def test_a_message_that_no_task_settles_fails_the_liveness_probe(
    worker: Worker, broker: str, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker.started(LOST):
        worker.is_ready()
        worker.environment.python(ONE)
        worker.turns_red(monkeypatch)
    assert said(worker) == 1, (broker, pool)
    assert "unsettled message" in worker.log.read_text()


@pytest.mark.parametrize(
    ("broker", "pool"), cells(("prefork", "threads", "gevent", "turbo", "asyncio"), frozenset({("redis", "threads")}))
)
def test_a_slot_that_no_task_has_fails_the_liveness_probe(
    worker: Worker, broker: str, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker.started(SLOTS[pool]):
        worker.is_ready()
        worker.environment.python(ONE)
        worker.turns_red(monkeypatch)
    assert said(worker) == 1, (broker, pool)
    assert "slot without a task" in worker.log.read_text()


@pytest.mark.parametrize(
    ("broker", "pool"),
    cells(("prefork", "threads", "gevent", "turbo", "solo", "asyncio"), frozenset({("rabbitmq", "prefork")})),
)
def test_a_worker_that_is_busy_goes_on_beating(worker: Worker, broker: str, pool: str) -> None:
    with worker.started(""):
        worker.is_ready()
        worker.environment.python(MANY)
        until = time.monotonic() + 25
        while time.monotonic() < until:
            assert worker.passes("liveness"), (broker, pool)
            time.sleep(1)
    assert said(worker) == 0
    assert "cannot compare" not in worker.log.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("broker", "pool"), [("redis", "gevent"), ("rabbitmq", "gevent")])
def test_a_pool_that_is_full_of_greenlets_goes_on_beating(
    worker: Worker, tmp_path: Path, broker: str, pool: str
) -> None:
    pools = {"cpu": {"type": pool, "concurrency": 2, "prefetch_multiplier": 4}}
    worker.environment = worker.environment.variant(tmp_path, pools=pools)
    with worker.started(LONG):
        worker.is_ready()
        worker.environment.python(SEND.format(count=6, how={"how": "returns nothing"}, more=""))
        until = time.monotonic() + 45
        while time.monotonic() < until:
            assert worker.passes("liveness"), (broker, pool)
            time.sleep(1)
    assert said(worker) == 0
