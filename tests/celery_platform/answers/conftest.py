"""Workers on a Redis of a test's own, which may be told to refuse."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.harness import servers
from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter, interpreter
from tests.harness.processes import free_port
from tests.harness.waiting import eventually


@dataclass
class Worker:
    """A worker whose broker is a Redis without users and without TLS. `producer` reaches that Redis directly."""

    producer: Interpreter
    process: Any
    log: Path
    heartbeat: Path
    metrics_port: int

    @property
    def said(self) -> str:
        """What it has logged so far."""
        return self.log.read_text()


def on_redis(environment: TestEnvironment, folder: Path, port: int, pool: str = "threads") -> TestEnvironment:
    """The environment with another Redis as its broker, and a pool `io` of this type."""
    mine = environment.variant(
        folder, broker_url=f"redis://127.0.0.1:{port}/0",
        pools={"io": {"type": pool, "concurrency": 2 if pool != "turbo" else 1}},
    )  # fmt: skip
    file = Path(mine.variables["CELERY_ENVIRONMENT_FILE"])
    resolved = json.loads(file.read_text())
    resolved["secrets"].pop("broker_password", None)
    file.write_text(json.dumps(resolved))
    return mine


@pytest.fixture(scope="module")
def valkey_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("valkeys")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[int, Redis]]:
    """A Redis for a broker, and a client of it."""
    with servers.valkey(tmp_path) as port:
        yield port, Redis(port=port, decode_responses=True)


@pytest.fixture
def started(redis: TestEnvironment, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker: `started(port, "turbo", direct_port)`."""
    with ExitStack() as stack:

        def start(port: int, pool: str = "threads", direct_port: int | None = None) -> Worker:
            heartbeat, metrics = tmp_path / f"heartbeat-{pool}", free_port()
            environment = on_redis(redis, tmp_path, port, pool)
            direct = on_redis(redis, tmp_path, direct_port or port)
            producer = stack.enter_context(interpreter(direct, "import exercises.probe"))
            run, log = stack.enter_context(
                environment.worker(
                    "io", CELERY_HEARTBEAT_FILE=str(heartbeat), CELERY_METRICS_PORT=str(metrics),
                    CELERY_METRICS_ADDRESS="127.0.0.1",
                )
            )  # fmt: skip
            eventually(lambda: "ready" in log.read_text(), "the worker")
            return Worker(producer, run, log, heartbeat, metrics)

        yield start
