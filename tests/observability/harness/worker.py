"""A worker with a metrics port, to which tests send tasks and which they scrape."""

import json
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

SCRIPT = Path(__file__).with_name("load_worker.py")
POOL = "io"
# For a gevent pool, `app worker` does this itself (app/celery_platform/worker/gevent_patch.py); this script must do it
# too.
PATCHED = (
    "import os, sys; os.environ['CELERY_GEVENT_PATCHED'] = str(os.getpid()); "
    f"os.execv(sys.executable, [sys.executable, '-m', 'gevent.monkey', {str(SCRIPT)!r}, {POOL!r}])"
)


@dataclass
class ObservedWorker:
    """A worker of pool `io`, whose type is `pool_type`, on an environment's broker."""

    environment: TestEnvironment
    pool_type: str
    folder: Path
    concurrency: int = 4
    max_tasks_per_child: int = 500
    port: int = field(default_factory=free_port)
    process_id: int = 0

    @property
    def log(self) -> Path:
        """The file with its output."""
        return self.folder / "worker.log"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of its process, and of a producer in its environment."""
        resolved = json.loads(json.dumps(self.environment.resolved))
        resolved["pools"][POOL] |= {
            "type": self.pool_type, "concurrency": self.concurrency, "max_tasks_per_child": self.max_tasks_per_child,
        }  # fmt: skip
        file = self.folder / "resolved.json"
        file.write_text(json.dumps(resolved))
        return self.environment.variables | {
            "CELERY_ENVIRONMENT_FILE": str(file), "CELERY_METRICS_ADDRESS": "127.0.0.1", "PYTHONPATH": str(REPOSITORY),
        }  # fmt: skip

    @contextmanager
    def started(
        self, variables: Mapping[str, str] | None = None, *, on_empty_queues: bool = True
    ) -> Iterator["ObservedWorker"]:
        """Start it, wait until it is ready, and stop it when the block ends."""
        if on_empty_queues:
            self.empty_the_queues()
        command = [sys.executable, str(SCRIPT), POOL]
        if self.pool_type == "gevent":
            command = [sys.executable, "-c", PATCHED]
        given = self.variables | {"CELERY_METRICS_PORT": str(self.port), **(variables or {})}
        with running(command, self.log, given, stop_seconds=30) as process:
            eventually(lambda: " ready" in self.log.read_text() or process.poll() is not None, "the worker", 60)
            assert process.poll() is None, self.log.read_text()
            self.process_id = process.pid
            yield self

    def empty_the_queues(self) -> None:
        """Remove messages that an earlier test left behind."""
        self.python(
            "from celery_platform.brokers import broker_of; from exercises.celery import celery;"
            "from celery_platform.settings import runtime\n"
            "with celery.connection_for_write() as connection: broker_of(runtime()).purge(connection)"
        )

    def send(self, *tasks: tuple[str, list[Any]], times: int = 1) -> None:
        """Publish each task `times` times, from a producer process."""
        code = (
            "import sys; sys.argv = ['']; from tests.observability.harness import load_worker as load\n"
            f"for name, arguments in {list(tasks)!r} * {times}:\n"
            "    load.celery.tasks[name].apply_async(arguments)\n"
        )
        self.python(code)

    def python(self, code: str, **variables: str) -> str:
        """Run code in a producer process and return its output."""
        made = replace(self.environment, variables=self.variables | variables)
        return made.python(code, timeout=240)

    def scrape(self) -> tuple[dict[str, float], float]:
        """All samples by `name{label="value",...}` without the host, and the seconds that the scrape took."""
        began = time.perf_counter()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        seconds = time.perf_counter() - began
        samples = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = {name: value for name, value in sample.labels.items() if name not in {"hostname", "celery"}}
                samples[f"{sample.name}{labels or ''}"] = sample.value
        return samples, seconds

    def count(self, state: str, task: str, **labels: str) -> float:
        """The sum of a task counter over all its series."""
        wanted = {"name": task} | labels
        samples, _ = self.scrape()
        return sum(
            value for name, value in samples.items()
            if name.startswith(f"celery_task_{state}_total{{")
            and all(f"{label!r}: {text!r}" in name for label, text in wanted.items())
        )  # fmt: skip
