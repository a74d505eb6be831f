"""On every pool and broker, a worker counts the outcomes of its tasks and answers a scrape immediately."""

from collections.abc import Callable

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .harness.worker import ObservedWorker

WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]
POOLS = ("prefork", "threads", "solo")


@pytest.fixture(params=["rabbitmq", "sqs"])
def environment(request: pytest.FixtureRequest) -> TestEnvironment:
    made: TestEnvironment = request.getfixturevalue(request.param)
    return made


@pytest.mark.parametrize("pool_type", POOLS)
def test_each_way_a_task_ends_is_counted(environment: TestEnvironment, pool_type: str, worker_of: WorkerOf) -> None:
    with worker_of(environment, pool_type).started() as worker:
        worker.send(("load.succeed", []), ("load.fail", []), ("load.retry", []), ("load.parent", []), times=3)
        eventually(lambda: worker.count("succeeded", "load.retry") == 3, "three second attempts")
        eventually(lambda: worker.count("succeeded", "load.succeed") == 6, "three of ours and three of load.parent's")

        assert worker.count("failed", "load.fail", exception="PermanentError") == 3
        assert worker.count("retried", "load.retry") == 3
        assert worker.count("started", "load.retry") == 6
        assert worker.count("received", "load.succeed") == 6
        assert worker.count("sent", "load.succeed") == 3
        samples, _ = worker.scrape()
        queue = environment.resolved["queues"]["default"]["name"]
        labels = {"name": "load.fail", "queue_name": queue}
        assert samples[f"celery_dead_letters_published_total{labels}"] == 3
        assert samples[f"celery_task_total{labels | {'state': 'failed'}}"] == 3
        assert samples[f"celery_task_runtime_count{labels}"] == 3
        assert samples[f"celery_task_queue_wait_time_count{labels}"] == 3


def test_a_child_that_dies_is_counted_as_lost(rabbitmq: TestEnvironment, worker_of: WorkerOf) -> None:
    with worker_of(rabbitmq, "prefork").started() as worker:
        worker.send(("load.die", []))
        limit = rabbitmq.resolved["queues"]["default"]["max_deliveries"]
        eventually(lambda: worker.count("lost", "load.die") >= limit, "the broker's delivery limit")

        assert worker.count("succeeded", "load.die") == worker.count("failed", "load.die") == 0


def test_slots_in_use_and_waiting_messages_are_served(rabbitmq: TestEnvironment, worker_of: WorkerOf) -> None:
    with worker_of(rabbitmq, "threads").started() as worker:
        worker.send(("load.nap", [4]), times=6)
        eventually(lambda: worker.scrape()[0]["celery_worker_tasks_active"] == 4, "four taken slots")
        samples, _ = worker.scrape()

        assert samples["celery_worker_concurrency"] == 4
        assert samples["celery_worker_pool_utilization_ratio"] == 1
        assert samples["celery_worker_prefetch_count"] == 4
        assert samples["celery_worker_up"] == 1
        eventually(lambda: worker.count("succeeded", "load.nap") == 6, "all naps")
        samples, _ = worker.scrape()
        queue = rabbitmq.resolved["queues"]["default"]["name"]
        labels = {"name": "load.nap", "queue_name": queue}
        assert samples[f"celery_task_queue_wait_time_sum{labels}"] >= 6, "two messages waited for about four seconds"


def test_the_processes_of_a_turbo_pool_are_its_slots(rabbitmq: TestEnvironment, worker_of: WorkerOf) -> None:
    with worker_of(rabbitmq, "turbo").started() as worker:
        eventually(lambda: worker.log.read_text().count(" ready.") == 4, "four processes", 60)
        eventually(lambda: worker.scrape()[0]["celery_worker_up"] == 1, "a process that is ready", 5)
        worker.send(("load.nap", [4]), times=4)
        eventually(lambda: worker.scrape()[0]["celery_worker_tasks_active"] == 4, "four taken slots")
        busy, _ = worker.scrape()
        labels = {"queue_name": rabbitmq.resolved["queues"]["default"]["name"]}

        assert busy["celery_worker_pool_utilization_ratio"] == 1
        assert busy[f"celery_queue_free_slots{labels}"] == 0
        assert busy[f"celery_active_consumer_count{labels}"] == 1
        eventually(lambda: worker.scrape()[0]["celery_worker_tasks_active"] == 0, "the end of all naps")
        idle, _ = worker.scrape()
        assert idle[f"celery_queue_free_slots{labels}"] == 4


def test_waits_under_a_shared_limit_are_counted(rabbitmq: TestEnvironment, worker_of: WorkerOf) -> None:
    with worker_of(rabbitmq, "threads").started() as worker:
        worker.send(("load.wait", []), times=8)
        eventually(lambda: worker.count("succeeded", "load.wait") == 8, "all turns")
        samples, _ = worker.scrape()

        assert samples["celery_rate_limit_waits_total{'limit': 'narrow'}"] >= 4
        assert worker.count("waited", "load.wait") == samples["celery_rate_limit_waits_total{'limit': 'narrow'}"]
        assert worker.count("retried", "load.wait") == 0, "waiting is not an error"


def test_replaced_children_lose_no_counts_and_leave_no_files(rabbitmq: TestEnvironment, worker_of: WorkerOf) -> None:
    worker = worker_of(rabbitmq, "prefork")
    worker.max_tasks_per_child = 5
    runtime = worker.folder / "runtime"
    runtime.mkdir()
    with worker.started({"RUNTIME_DIRECTORY": str(runtime)}):
        worker.send(("load.succeed", []), times=200)
        # Scrape all the time: a thread that held a lock during a fork would block the child.
        eventually(lambda: worker.count("succeeded", "load.succeed") == 200, "two hundred tasks")
        eventually(lambda: worker.scrape() and len(list(runtime.rglob("*.db"))) <= 2 * (worker.concurrency + 2),
                   "the files of dead children to be merged")  # fmt: skip
        assert worker.count("succeeded", "load.succeed") == 200
    assert not list(runtime.rglob("*.db")), "nothing is left behind"
