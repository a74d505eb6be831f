"""A child of a prefork pool is replaced when it has grown by its share of the worker's memory."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from celery import Celery
from celery_platform.environment.resolve import resolve
from celery_platform.observability.resident import resident_mib
from celery_platform.settings import PoolSettings
from celery_platform.settings.resolved import _pool
from celery_platform.worker.child_memory import LEAST_GROWTH_MIB, most_mib
from redis import Redis

from tests.harness.environment import LOCAL, described
from tests.harness.processes import running
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

# A worker of one slot whose parent grows by 200 MiB once it is ready. Then its first child is killed, and the next is
# forked. The memory leaves a child the least growth.
WORKER = """
import os, signal, sys
from dataclasses import replace
from celery import Celery, signals
from celery_platform.environment.resolve import resolve
from celery_platform.guards import ended_child
from celery_platform.observability.resident import resident_mib
from celery_platform.settings.resolved import _pool
from celery_platform.worker import child_memory
from redis import Redis
from tests.harness.environment import LOCAL, described

url, growth, task_growth = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pool = replace(_pool("cpu", resolve(described(LOCAL))["pools"]["cpu"]), concurrency=1, memory_mib=100)
ended_child.install()
child_memory.install(pool)
app = Celery("grown", broker=url)
held = []

def grow(mib):
    held.append(b"x" * (mib * 2**20))

@signals.worker_ready.connect(weak=False)
def grown(sender, **_):
    grow(growth)
    for child in sender.pool._pool._pool:
        os.kill(child.pid, signal.SIGKILL)

@app.task(name="grown.where", acks_late=True)
def where():
    grow(task_growth)
    Redis.from_url(url).rpush("where", os.getpid())

bound = child_memory.most_mib(pool, resident_mib()) * 1024
app.worker_main(["worker", "--pool=prefork", "--concurrency=1", f"--max-memory-per-child={bound}", "--loglevel=INFO"])
"""


@pytest.fixture
def pool() -> PoolSettings:
    read = _pool("cpu", resolve(described(LOCAL))["pools"]["cpu"])
    return replace(read, concurrency=4, memory_mib=1024)


def test_all_children_that_have_grown_to_their_bound_fit_into_the_worker(pool: PoolSettings) -> None:
    used = 124

    growth = most_mib(pool, used) - used

    assert growth == 180
    assert used + pool.concurrency * growth < pool.memory_mib


@pytest.mark.parametrize("used", [300.0, 900.0, 1100.0])
def test_a_child_is_never_replaced_for_the_size_that_it_begins_with(pool: PoolSettings, used: float) -> None:
    assert most_mib(replace(pool, concurrency=64), used) >= used + LEAST_GROWTH_MIB


def test_a_bound_of_the_environment_counts_instead(pool: PoolSettings) -> None:
    assert most_mib(replace(pool, max_memory_per_child_mib=200), 124) == 200


def test_the_memory_in_use_is_known() -> None:
    assert 10 < resident_mib() < 2_000
    assert 10 < resident_mib(os.getpid()) < 2_000


def test_no_pool_counts_tasks_unless_the_environment_says_so(pool: PoolSettings) -> None:
    assert pool.max_tasks_per_child is None


@pytest.mark.parametrize(("task_mib", "processes"), [(0, 1), (100, 3)], ids=["idle tasks", "tasks that grow"])
def test_a_child_of_a_parent_that_has_grown_is_replaced_for_its_own_growth_alone(
    valkey_port: int, tmp_path: Path, task_mib: int, processes: int
) -> None:
    url = f"redis://127.0.0.1:{valkey_port}/7"
    store, log = Redis.from_url(url), tmp_path / "worker.log"
    command = [sys.executable, "-c", WORKER, url, "200", str(task_mib)]
    try:
        with running(command, log, os.environ | {"PYTHONPATH": str(REPOSITORY)}, stop_seconds=30):
            eventually(lambda: " ready." in log.read_text(), f"a worker in {log}", 60)
            with Celery("grown", broker=url, set_as_current=False) as app:
                for _ in range(3):
                    app.send_task("grown.where")
            eventually(lambda: store.llen("where") == 3, f"three tasks; {log}", 60)
        assert len(set(store.lrange("where", 0, -1))) == processes, log.read_text()
    finally:
        store.flushdb()
