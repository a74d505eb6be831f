"""Each problem in an environment raises its alerts, and no others, on a real Prometheus and Alertmanager."""

import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from celery_platform.observability.alerts.alert import Thresholds
from celery_platform.observability.alerts.render import all_alerts, rules
from celery_platform.observability.dashboards.boards import BOARDS
from celery_platform.observability.outbox_report import OutboxReport, outbox_key
from redis import Redis

from tests.harness.environment import Application, TestEnvironment
from tests.harness.managed_rabbitmq import managed_environment
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

from .harness.pictures import draw
from .harness.stack import Stack, watched, with_relay, without_schedule
from .harness.worker import ObservedWorker

pytestmark = [pytest.mark.observability, pytest.mark.timeout(600)]
WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]
# The broker here has no certificate (tests/celery_platform/brokers/test_certificates.py has one).
OF_TLS = {"celery_broker_certificate_expiry_timestamp_seconds"}
# The rows of the README's table.
TABLE = re.compile(r"^\| `(celery_\w+)`", re.MULTILINE)


@pytest.fixture
def stack(managed_rabbitmq: TestEnvironment, worker_of: WorkerOf, tmp_path: Path) -> Iterator[Stack]:
    environment = without_schedule(managed_rabbitmq, tmp_path)
    with watched(environment, worker_of(environment, "threads"), tmp_path) as made:
        yield made


@pytest.fixture
def scheduled(managed_rabbitmq: TestEnvironment, worker_of: WorkerOf, tmp_path: Path) -> Iterator[Stack]:
    """An environment with a schedule but without beat, and a relay's report, so that all metrics have data."""
    environment = with_relay(managed_rabbitmq, tmp_path)
    report = OutboxReport(at=time.time()).as_text()
    Redis.from_url(environment.valkey_url).set(outbox_key(environment.resolved["prefix"]), report)
    with watched(environment, worker_of(environment, "threads"), tmp_path) as made:
        yield made


def test_ordinary_work_raises_no_alert(stack: Stack) -> None:
    for _ in range(3):
        stack.worker.send(("load.succeed", []), ("load.retry", []), times=20)
    eventually(lambda: stack.worker.count("succeeded", "load.retry") == 60, "all tasks")

    assert stack.monitoring.firing() == set()


def test_a_flood(stack: Stack) -> None:
    stack.worker.send(("load.nap", [1]), times=600)

    assert stack.alerts_within({"CeleryQueueLong"}, 5 * 60) < 5 * 60 + 120


def test_a_task_that_fails(stack: Stack) -> None:
    stack.worker.send(("load.fail", []), ("load.succeed", []), times=60)

    stack.alerts_within({"CeleryTasksFail", "CeleryDeadLetters"}, 2 * 60 + 60)


def test_a_dead_worker_with_work_waiting(stack: Stack) -> None:
    stack.stop_worker.close()
    stack.worker.send(("load.succeed", []), times=3)

    stack.alerts_within({"CeleryWorkerDown", "CeleryQueueNotDrained"}, 60 + 30)


def test_dead_lettered_messages_until_they_are_removed(stack: Stack) -> None:
    code = (
        "from exercises.celery import celery; from celery_platform.brokers import broker_of;"
        "from celery_platform.settings import runtime\n"
        "broker, queue = broker_of(runtime()), runtime().environment.queues['quick']\n"
        "with celery.connection_for_write() as connection: {}\n"
    )
    stack.worker.python(code.format("connection.Producer().publish({}, routing_key=queue.dead_letter_name)"))
    stack.alerts_within({"CeleryDeadLetters"}, 60)

    stack.worker.python(code.format("broker.purge(connection)"))
    eventually(lambda: stack.monitoring.firing() == set(), "the alert's end", 60)


def test_every_query_of_a_dashboard_and_every_metric_of_a_rule_has_data(scheduled: Stack, tmp_path: Path) -> None:
    pictures = Path(os.environ.get("PICTURES") or tmp_path)
    rounds, pause_seconds = (
        (4, 0) if pictures == tmp_path else (14, 6)
    )  # a picture needs more than a few seconds of data
    for _ in range(rounds):
        scheduled.worker.send(
            ("load.succeed", []), ("load.fail", []), ("load.retry", []), ("load.wait", []), ("load.nap", [0.2]),
            ("load.parent", []), times=12,
        )  # fmt: skip
        time.sleep(pause_seconds)
    eventually(lambda: scheduled.monitoring.query('celery:task_failed:ratio10m{name="load.fail"} > 0'), "failures", 120)
    choice = {"$queue": scheduled.environment.resolved["queues"]["default"]["name"], "$task": "load.fail"}

    def filled(query: str) -> str:
        for name, value in choice.items():
            query = query.replace(name, value)
        return query

    queries = {query for board in BOARDS for panel in board.panels for query, _ in panel.queries}
    assert [query for query in queries if not scheduled.monitoring.query(filled(query))] == []

    known = {series["metric"]["__name__"] for series in scheduled.monitoring.query('{__name__!=""}')}
    text = " ".join(
        rule["expr"] for group in rules(scheduled.environment.resolved)["groups"] for rule in group["rules"]
    )
    used = set(re.findall(r"\b(celery[\w:]*|up|ALERTS)\b", re.sub(r'"[^"]*"', "", text)))
    assert used - known == OF_TLS
    for board in BOARDS:
        assert draw(board, scheduled.monitoring, filled, pictures).stat().st_size > 10_000


def test_the_readme_lists_exactly_the_metrics_that_are_served(scheduled: Stack) -> None:
    scheduled.worker.send(("load.fail", []), ("load.wait", []), times=8)
    # The previous test may have used the limit's next minute, and its delayed messages may still arrive here.
    eventually(lambda: scheduled.worker.count("failed", "load.fail") >= 8, "all failures", 60)
    eventually(lambda: scheduled.worker.count("succeeded", "load.wait") >= 8, "all waits", 150)
    served = set()
    for port in (scheduled.worker.port, scheduled.exporter_port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            served |= set(re.findall(r"^# TYPE (celery_\w+)", answer.read().decode(), re.MULTILINE))
    documented = set(TABLE.findall((REPOSITORY / "app/celery_platform/observability/README.md").read_text()))

    # The library adds a creation time to each counter and histogram, which the README does not list.
    assert {name for name in served if not name.endswith("_created")} == documented


def test_every_alert_is_one_of_the_environment(stack: Stack) -> None:
    loaded = {
        rule["alert"]
        for group in rules(stack.environment.resolved)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }

    assert loaded == {alert.name for alert in all_alerts(Thresholds.of(stack.environment.resolved))}


def test_a_broker_that_stopped(
    worker_of: WorkerOf, tmp_path: Path, aws_endpoint: str, plain_results: str, application: Application
) -> None:
    with ExitStack() as broker:
        made = managed_environment(tmp_path, "stopped", aws_endpoint, plain_results, application)
        environment = without_schedule(broker.enter_context(made), tmp_path)
        with watched(environment, worker_of(environment, "threads"), tmp_path) as stack:
            broker.close()

            stack.alerts_within({"CeleryExporterBlind"}, 60)
