"""`app status` shows the state of a real environment, for people and for scripts."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.brokers import source_of
from celery_platform.observability.status.poll import Poller
from celery_platform.observability.status.screen import screen
from celery_platform.observability.status.show import healthy
from celery_platform.observability.status.snapshot import Snapshot
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
from rich.console import Console

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .harness.worker import ObservedWorker

pytestmark = pytest.mark.observability
WorkerOf = Callable[[TestEnvironment, str], ObservedWorker]


def with_dead_letters(seen: Snapshot) -> Snapshot | None:
    return seen if seen.queues["default"].dead_letters else None


def test_a_busy_environment(
    managed_rabbitmq: TestEnvironment, worker_of: WorkerOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in managed_rabbitmq.variables.items():
        monkeypatch.setenv(name, value)
    for cached in (runtime, valkey):
        cached.cache_clear()
    with worker_of(managed_rabbitmq, "threads").started() as worker:
        poller = Poller(runtime(), source_of, {"io": [f"127.0.0.1:{worker.port}"], "cpu": ["127.0.0.1:9"]})
        poller.poll()
        worker.send(("load.nap", [3]), ("load.fail", []), times=12)
        snapshot = eventually(lambda: with_dead_letters(poller.poll()), "dead letters")

        assert snapshot.broker_up
        assert snapshot.queues["default"].workers == 1
        assert (snapshot.pools["io"].workers, snapshot.pools["io"].slots) == (1, 4)
        assert snapshot.pools["cpu"].workers == 0
        assert not healthy(snapshot), "dead-lettered messages and a missing worker are problems"
        console = Console(record=True, width=110, force_terminal=True, file=(tmp_path / "screen").open("w"))
        console.print(screen(snapshot, runtime().environment.alerts))
        picture = Path(os.environ.get("PICTURES") or tmp_path) / "status.svg"
        console.save_svg(str(picture), title="app status --env local", clear=False)
        assert "dead-lettered" in console.export_text()
    for cached in (runtime, valkey):
        cached.cache_clear()
