"""Turbo workers of an app of their own, against the RabbitMQ and Valkey of the app's tests."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually


@dataclass(frozen=True)
class Bench:
    """A broker, a store, and the app whose tasks the tests send. `list_` reads what tasks noted."""

    work: ModuleType
    store: Any
    variables: dict[str, str]
    folder: Path

    def list_(self, where: str) -> list[str]:
        noted: list[str] = self.store.lrange(where, 0, -1)
        return noted

    def noted(self, where: str, count: int = 1, seconds: float = 30) -> list[str]:
        """What tasks noted under this name, once there are so many."""
        try:
            return eventually(lambda: self.list_(where)[:] if len(self.list_(where)) >= count else [], where, seconds)
        except AssertionError as error:
            error.add_note(f"{len(self.list_(where))} of {count} came: {self.list_(where)}")
            raise

    def waiting(self, queue: str) -> int:
        """How many messages are ready in a queue."""
        with self.work.app.connection() as connection:
            return int(connection.default_channel.queue_declare(queue, passive=True).message_count)

    @contextmanager
    def worker(self, *arguments: int, wait: bool = True, **variables: str) -> Iterator[tuple[Any, Path]]:
        """A supervisor with so many processes; yields it and its log, with `wait` when all of them are ready."""
        name = os.urandom(3).hex()
        log = self.folder / f"turbo-{name}.log"
        command = [sys.executable, "-m", "tests.celery_platform.turbo.harness", *map(str, arguments)]
        with running(command, log, self.variables | {"TURBO_NAME": name} | variables, stop_seconds=30) as process:
            if wait:
                eventually(lambda: log.read_text().count(" ready.") >= arguments[0], f"a worker in {log}", 60)
            yield process, log


@pytest.fixture(scope="session")
def bench(rabbitmq: TestEnvironment, valkey_port: int, folder: Path) -> Iterator[Bench]:
    url = rabbitmq.python(
        "from celery_platform.brokers import broker_of;"
        "from celery_platform.settings import runtime; print(broker_of(runtime()).url())"
    )
    results = f"redis://127.0.0.1:{valkey_port}/9"
    variables = os.environ | {"TURBO_BROKER": url, "TURBO_RESULTS": results}
    os.environ |= {"TURBO_BROKER": url, "TURBO_RESULTS": results}
    from . import work

    work.app.set_default()
    yield Bench(work, Redis.from_url(results, decode_responses=True), dict(variables), folder)
    work.app.close()


@pytest.fixture(scope="module")
def worker(bench: Bench) -> Iterator[Path]:
    """Two processes for a whole file of tests; its log."""
    with bench.worker(2, TURBO_SIGNALS="1") as (_process, log):
        yield log


@pytest.fixture
def where(request: pytest.FixtureRequest) -> str:
    """A name of its own for what a test's tasks note."""
    return f"{request.node.name}-{os.urandom(3).hex()}"
