"""The exporter serves the broker's metrics from memory, and reports when it cannot poll the broker."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery_platform.brokers import source_of
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.run import poll, store_poll
from celery_platform.observability.runtimes import runtimes_key
from celery_platform.observability.soft_stops import soft_stops_key
from celery_platform.reliability.paused_queues import Pause
from celery_platform.reliability.pausing import pause, resume
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .harness.inside import inside
from .harness.stack import scaled_on_wait, without_schedule
from .harness.worker import ObservedWorker

pytestmark = pytest.mark.observability
WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]
WAITING, FAILED = 7, 2


@pytest.fixture(params=["managed_rabbitmq", "sqs", "redis"])
def environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestEnvironment]:
    """Each kind of broker in turn, with messages in the queue `quick` and in its dead letter queue."""
    made: TestEnvironment = request.getfixturevalue(request.param)
    code = (
        "from exercises.celery import celery; from celery_platform.brokers import broker_of;"
        "from celery_platform.settings import runtime\n"
        "from exercises.quick import note\n"
        "broker, queue = broker_of(runtime()), runtime().environment.queues['quick']\n"
        "with celery.connection_for_write() as connection:\n"
        "    broker.purge(connection)\n"
        f"    for _ in range({WAITING}): note.delay('k', 's')\n"
        f"    for _ in range({FAILED}):\n"
        "        connection.Producer().publish({}, routing_key=broker.dead_letter_queue(queue).name)\n"
    )
    made.python(code)
    with inside(made, monkeypatch):
        yield made


def served(last_poll: LastPoll) -> dict[str, float]:
    """The samples served after the last poll, by metric name and queue, node or pool."""
    registry = CollectorRegistry()
    registry.register(LastPollCollector(last_poll))
    return {
        "/".join(
            [sample.name, *[sample.labels[name] for name in ("queue_name", "node", "pool") if name in sample.labels]]
        ): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def test_backlog_age_and_dead_lettered_messages_are_served(environment: TestEnvironment) -> None:
    last_poll = LastPoll(runtime().environment, interval_seconds=15)
    source, queue = source_of(runtime()), runtime().environment.queues["quick"].name

    def seen() -> dict[str, float] | None:
        poll(last_poll, source, lambda _: None)
        samples = served(last_poll)
        return samples if samples.get(f"celery_queue_length/{queue}") == WAITING else None

    samples = eventually(seen, "the waiting messages", 20)

    assert samples["celery_broker_up"] == 1
    assert samples[f"celery_dead_letter_queue_length/{queue}"] == FAILED
    assert samples[f"celery_queue_unacked/{queue}"] == 0
    if environment.kind == "rabbitmq":
        assert samples[f"celery_queue_consumers/{queue}"] == 0
        assert samples[f"celery_queue_members/{queue}"] == samples[f"celery_queue_members_online/{queue}"] == 1
        node = next(name for name in samples if name.startswith("celery_broker_memory_used_bytes/"))
        assert 0 < samples[node] < samples[node.replace("used", "limit")]
    if environment.kind != "sqs":  # the emulator's CloudWatch has no ages
        time.sleep(2)
        poll(last_poll, source, lambda _: None)
        assert 1 <= served(last_poll)[f"celery_queue_oldest_message_age_seconds/{queue}"] < 120


def test_the_age_in_cloudwatch_is_served(sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    with inside(sqs, monkeypatch):
        queue = runtime().environment.queues["quick"].name
        dimensions = [{"Name": "QueueName", "Value": queue}]
        datum = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": dimensions, "Value": 321.0}
        sqs.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[datum])
        sqs.client("sqs").send_message(QueueUrl=f"{runtime().discovery.queues_url}/{queue}", MessageBody="x")
        last_poll = LastPoll(runtime().environment, interval_seconds=15)
        poll(last_poll, source_of(runtime()), lambda _: None)

        assert served(last_poll)[f"celery_queue_oldest_message_age_seconds/{queue}"] == 321


@pytest.mark.usefixtures("environment")
def test_a_broker_that_is_down_is_reported_and_old_values_expire() -> None:
    last_poll = LastPoll(runtime().environment, interval_seconds=0.2)
    poll(last_poll, source_of(runtime()), lambda _: None)
    queue = f"celery_queue_length/{runtime().environment.queues['quick'].name}"
    assert queue in served(last_poll)

    class Down:
        interval_seconds = 10.0

        def read(self) -> Any:
            raise ConnectionError("down")

    poll(last_poll, Down(), lambda _: None)
    assert served(last_poll)["celery_broker_up"] == 0
    assert served(last_poll)["celery_broker_poll_failures_total"] == 1
    assert queue in served(last_poll), "values must survive a single failed poll"
    time.sleep(1)
    assert queue not in served(last_poll)


def test_a_stopped_beat_is_reported(sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    with inside(sqs, monkeypatch):
        last_poll = LastPoll(runtime().environment, interval_seconds=15)
        prefix = runtime().environment.prefix
        valkey().zadd(f"{prefix}:redbeat::schedule", {"entry": time.time() - 300})
        valkey().delete(f"{prefix}:redbeat::lock")
        poll(last_poll, source_of(runtime()), store_poll(runtime()))

        assert served(last_poll)["celery_beat_locked"] == 0
        assert 299 < served(last_poll)["celery_beat_overdue_seconds"] < 310
        valkey().delete(f"{prefix}:redbeat::schedule")


def test_a_paused_queue_is_served_and_stays_paused_while_the_store_is_away(
    sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: LastPoll) -> None:
        raise ConnectionError("away")

    with inside(sqs, monkeypatch):
        queues, last_poll = runtime().environment.queues, LastPoll(runtime().environment, interval_seconds=15)
        pause("quick", Pause(time.time()))
        poll(last_poll, source_of(runtime()), store_poll(runtime()))
        poll(last_poll, source_of(runtime()), away)
        samples = served(last_poll)
        resume("quick")
        poll(last_poll, source_of(runtime()), store_poll(runtime()))

        assert samples[f"celery_queue_paused/{queues['quick'].name}"] == 1
        assert samples[f"celery_queue_paused/{queues['slow'].name}"] == 0
        assert served(last_poll)[f"celery_queue_paused/{queues['quick'].name}"] == 0


def test_beat_with_only_the_applications_own_schedule_is_reported(
    sqs: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(without_schedule(sqs, tmp_path), monkeypatch):
        last_poll = LastPoll(runtime().environment, interval_seconds=15)
        key = f"{runtime().environment.prefix}:redbeat::schedule"
        poll(last_poll, source_of(runtime()), store_poll(runtime()))
        assert "celery_beat_locked" not in served(last_poll)

        valkey().zadd(key, {"of the application": time.time() + 60})
        poll(last_poll, source_of(runtime()), store_poll(runtime()))
        assert served(last_poll)["celery_beat_locked"] == 0
        valkey().delete(key)


def test_a_stop_that_requeued_tasks_is_counted(
    rabbitmq: TestEnvironment, worker_of: WorkerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker_of(rabbitmq, "threads").started({"CELERY_STOP_TIMEOUT": "2"}) as worker:
        worker.send(("load.nap", [20]))
        eventually(lambda: worker.scrape()[0]["celery_worker_tasks_active"] == 1, "a running task")
    worker.empty_the_queues()

    with inside(rabbitmq, monkeypatch):
        last_poll = LastPoll(runtime().environment, interval_seconds=15)
        store_poll(runtime())(last_poll)
        samples = served(last_poll)
        valkey().delete(soft_stops_key(runtime().environment.prefix))

    assert samples["celery_worker_soft_shutdowns_total/io"] == 1
    assert samples["celery_worker_soft_shutdowns_total/cpu"] == 0


@pytest.mark.parametrize("pool_type", ["threads", "prefork", "turbo"])
def test_the_workers_wanted_follow_from_how_long_tasks_took(
    redis: TestEnvironment, worker_of: WorkerOf, pool_type: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = scaled_on_wait(redis, tmp_path)
    with inside(environment, monkeypatch):
        valkey().delete(runtimes_key(runtime().environment.prefix))
    with worker_of(environment, pool_type).started() as worker:
        worker.send(("load.nap", [1]), ("load.nap", [1]))
        succeeded = "celery_task_succeeded_total"
        eventually(lambda: sum(v for k, v in worker.scrape()[0].items() if k.startswith(succeeded)) >= 2, "ended tasks")
    worker.send(*[("load.nap", [1])] * WAITING)

    with inside(environment, monkeypatch):
        last_poll = LastPoll(runtime().environment, interval_seconds=15)
        poll(last_poll, source_of(runtime()), store_poll(runtime()))
        samples, pool = served(last_poll), runtime().environment.pool("io")
    worker.empty_the_queues()

    seconds = last_poll.runtimes["default"]
    assert 1 <= seconds < 1.5
    assert pool.wait_target_seconds is not None
    wanted = WAITING / (pool.wait_target_seconds + seconds) * seconds / pool.concurrency
    assert samples["celery_pool_workers_wanted/io"] == pytest.approx(wanted)
    assert "celery_pool_workers_wanted/cpu" not in samples
