"""On every pool, there is exactly one complete log line with all fields per finished attempt."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .harness.worker import ObservedWorker

FIELDS = {
    "task_id", "task_name", "queue", "attempt", "duration_ms", "wait_ms", "worker_hostname", "environment", "trace_id",
    "root_id", "outcome", "timestamp", "level", "logger", "event",
}  # fmt: skip
WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]
MANY = 10_000


def lines_of(worker: ObservedWorker) -> list[dict[str, Any]]:
    """Every line the worker logged after its banner; each must be JSON."""
    text = worker.log.read_text()
    return [json.loads(line) for line in text[text.index('{"') :].splitlines() if line.startswith("{")]


def outcomes_of(worker: ObservedWorker) -> list[dict[str, Any]]:
    return [line for line in lines_of(worker) if "outcome" in line]


def logged(worker: ObservedWorker, lines: int) -> Callable[[], bool]:
    return lambda: worker.log.read_text().count('"outcome":') >= lines


@pytest.mark.parametrize("pool_type", ["prefork", "threads"])
def test_each_finished_attempt_logs_one_line_with_its_fields(
    rabbitmq: TestEnvironment, pool_type: str, worker_of: WorkerOf
) -> None:
    with worker_of(rabbitmq, pool_type).started() as worker:
        worker.send(("load.succeed", []), ("load.fail", []), ("load.retry", []), times=5)
        eventually(logged(worker, 20), "twenty outcomes")
    found = outcomes_of(worker)

    assert Counter((line["task_name"], line["outcome"], line["attempt"]) for line in found) == {
        ("load.succeed", "succeeded", 1): 5, ("load.fail", "failed", 1): 5,
        ("load.retry", "retried", 1): 5, ("load.retry", "succeeded", 2): 5,
    }  # fmt: skip
    assert all(set(line) >= FIELDS for line in found)
    assert {line["queue"] for line in found} == {"default"}
    assert all(line["duration_ms"] >= 0 and line["wait_ms"] >= 0 for line in found)
    failed = next(line for line in found if line["outcome"] == "failed")
    assert failed["error"] == "PermanentError"
    assert "Traceback" in failed["exception"]


def test_a_lost_child_is_logged_too(rabbitmq: TestEnvironment, worker_of: WorkerOf) -> None:
    with worker_of(rabbitmq, "prefork").started() as worker:
        worker.send(("load.die", []))
        eventually(logged(worker, 1), "the loss")

        assert outcomes_of(worker)[0]["outcome"] == "lost"
        assert outcomes_of(worker)[0]["task_name"] == "load.die"


@pytest.mark.observability
@pytest.mark.parametrize("pool_type", ["prefork", "threads", "solo", "gevent", "turbo"])
def test_ten_thousand_tasks_log_ten_thousand_lines(
    rabbitmq: TestEnvironment, pool_type: str, worker_of: WorkerOf
) -> None:
    worker = worker_of(rabbitmq, pool_type)
    worker.max_tasks_per_child = 1_000
    with worker.started():
        worker.send(("load.succeed", []), times=MANY)
        eventually(logged(worker, MANY), "ten thousand outcomes", 240)
    found = outcomes_of(worker)

    assert len(found) == MANY
    assert len({line["task_id"] for line in found}) == MANY
    assert {line["outcome"] for line in found} == {"succeeded"}
    assert all(set(line) >= FIELDS for line in found)
