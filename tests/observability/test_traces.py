"""A trace connects the producer, the broker and every task, and a replaced child loses no spans."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

from .harness.worker import ObservedWorker

WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]
CHORD = (
    "import sys; sys.argv = ['']; from tests.observability.harness import load_worker as load\n"
    "from celery import chord\n"
    "result = chord([load.succeed.s().set(ignore_result=False) for _ in range(4)])(load.total.s())\n"
    "print(result.get(timeout=60))\n"
    "from opentelemetry import trace; trace.get_tracer_provider().force_flush()\n"
)


def spans_in(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def traced(spans: Path) -> dict[str, str]:
    return {"OTEL_TRACES_EXPORTER": "file", "CELERY_TRACES_FILE": str(spans), "OTEL_BSP_SCHEDULE_DELAY": "200"}


@pytest.mark.parametrize(
    ("broker", "pool_type"),
    [("rabbitmq", "prefork"), ("rabbitmq", "threads"), ("sqs", "threads"), ("redis", "threads")],
)
def test_a_chord_is_one_connected_trace(
    broker: str, pool_type: str, worker_of: WorkerOf, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    worker, file = worker_of(request.getfixturevalue(broker), pool_type), tmp_path / "spans.jsonl"
    with worker.started(traced(file)):
        assert worker.python(CHORD, **traced(file)) == "4"
        eventually(lambda: sum(span["name"] == "run/load.total" for span in spans_in(file)) == 1, "the body's span")
    spans = spans_in(file)
    chord = [span for span in spans if "load." in span["name"]]

    assert sorted(span["name"] for span in chord) == sorted(
        [*["apply_async/load.succeed", "run/load.succeed"] * 4, "apply_async/load.total", "run/load.total"]
    )
    known = {span["context"]["span_id"] for span in spans}
    for span in chord:
        if span["name"].startswith("run/") or span["name"] == "apply_async/load.total":
            assert span["parent_id"] in known, f"{span['name']} has no parent in the trace"


@pytest.mark.parametrize("pool_type", ["prefork", "threads"])
def test_the_line_of_an_outcome_names_its_trace(redis: TestEnvironment, tmp_path: Path, pool_type: str) -> None:
    file = tmp_path / "spans.jsonl"
    environment = redis.variant(tmp_path, pools={"io": {"type": pool_type, "concurrency": 2}})
    with environment.worker("io", **traced(file)) as (_, log):
        environment.python(f"from exercises import probe\nprobe.due.delay({str(tmp_path / 'ran')!r})")
        eventually(lambda: ends(log, "probe.due"), f"its outcome; {log}")
        eventually(lambda: spans_in(file), "its span")

    (span,) = [span for span in spans_in(file) if span["name"] == "run/probe.due"]
    assert [f"0x{end['trace_id']}" for end in ends(log, "probe.due")] == [span["context"]["trace_id"]]


def test_a_replaced_child_flushes_its_spans(rabbitmq: TestEnvironment, worker_of: WorkerOf, tmp_path: Path) -> None:
    worker, file = worker_of(rabbitmq, "prefork"), tmp_path / "spans.jsonl"
    worker.max_tasks_per_child = 1
    # So long that the spans can only have been sent by the flush when a child exits.
    slow = traced(file) | {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
    with worker.started(slow):
        worker.send(("load.succeed", []), times=20)
        eventually(lambda: worker.count("succeeded", "load.succeed") == 20, "twenty tasks")
    assert sum(span["name"] == "run/load.succeed" for span in spans_in(file)) == 20


def test_without_the_variable_the_sdk_is_not_imported(rabbitmq: TestEnvironment) -> None:
    code = (
        "from exercises.celery import celery; celery.conf; import sys;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk.trace', 'opentelemetry.instr'))])"
    )
    assert rabbitmq.python(code) == "[]"


def test_an_unknown_exporter_is_refused(rabbitmq: TestEnvironment) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "celery_platform", "worker", "--pool", "io"],
        cwd=REPOSITORY, timeout=60, text=True, check=False,
        env=rabbitmq.variables | {"OTEL_TRACES_EXPORTER": "jaeger"}, capture_output=True,
    )  # fmt: skip
    assert run.returncode == 2
    assert "expected: OTEL_TRACES_EXPORTER" in run.stderr
