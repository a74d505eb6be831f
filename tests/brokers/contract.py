"""What a guarantee is tried with: an environment on one kind of broker, workers, and the events that tasks recorded."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

from .cluster import Cluster

VISIBILITY_SECONDS = 12
MAX_DELIVERIES = 3
MAX_COUNTDOWN = 6
HARD_LIMIT_SECONDS = 8
QUEUE, OTHER = "quick", "default"

# While the context is open the broker does not answer; afterwards it answers again, with its messages.
Away = Callable[[], AbstractContextManager[None]]


@dataclass
class Worker:
    """A running worker; `log` is the file it writes to."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Kill all of its processes, as a host does that loses power."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@dataclass(frozen=True)
class Contract:
    """One kind of broker. `pool` is the type of the worker's pool; `cluster` is set where nodes can be lost."""

    name: str
    environment: TestEnvironment
    pool: str
    away: Away
    cluster: Cluster | None = None

    @property
    def kind(self) -> str:
        """Return the environment's `broker.kind`."""
        return self.environment.kind

    def events(self, token: str) -> list[dict[str, Any]]:
        """Return the events that tasks recorded under this token, in order."""
        with Redis.from_url(self.environment.valkey_url, decode_responses=True) as store:
            return [json.loads(line) for line in store.lrange(f"contract:{token}", 0, -1)]

    def count(self, token: str, what: str) -> int:
        """Count the events of this kind."""
        return sum(event["what"] == what for event in self.events(token))

    def said(self, token: str, what: str, times: int = 1, seconds: float = 60) -> list[dict[str, Any]]:
        """Wait until tasks recorded an event so many times; returns those events."""

        def found() -> list[dict[str, Any]]:
            events = [event for event in self.events(token) if event["what"] == what]
            return events if len(events) >= times else []

        return eventually(found, f"{times} x {what!r} on {self.name}", seconds)

    def send(self, code: str, timeout: float = 60) -> str:
        """Run a producer; returns what it printed. `tasks` are in scope by name."""
        run = self.attempt(code, timeout)
        assert run.returncode == 0, run.stdout[-3000:]
        return run.stdout.strip()

    def attempt(self, code: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a producer that may fail."""
        command = [sys.executable, "-m", "tests.brokers.process", "run", code]
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.environment.variables, timeout=timeout, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @contextmanager
    def producing(self, code: str) -> Iterator[subprocess.Popen[str]]:
        """Run a producer that is controlled through its pipes."""
        command = [sys.executable, "-m", "tests.brokers.process", "run", code]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=REPOSITORY, env=self.environment.variables, text=True, stdin=pipe, stdout=pipe
        ) as producer:
            try:
                yield producer
            finally:
                producer.kill()

    def refusal(self, code: str) -> str:
        """Return the typed error with which `code` was refused in the producer: class, then message."""
        wrapped = (
            "from celery_platform.errors import AppError\n"
            f"try:\n    {code}\nexcept AppError as error:\n    print('refused:', type(error).__name__, error)\n"
        )
        refusals = [line for line in self.send(wrapped).splitlines() if line.startswith("refused: ")]
        assert refusals, f"not refused: {code}"
        return refusals[-1].removeprefix("refused: ")

    @contextmanager
    def worker(
        self, concurrency: int = 2, queues: tuple[str, ...] = (QUEUE, OTHER), **variables: str
    ) -> Iterator[Worker]:
        """Start a worker, and yield it once it consumes."""
        environment = self._with_pool(concurrency, queues)
        log = environment.folder / f"worker-{uuid.uuid4().hex[:6]}.log"
        command = [sys.executable, "-m", "tests.brokers.process", "worker"]
        with running(command, log, environment.variables | variables, stop_seconds=30) as process:
            worker = Worker(process, log)
            eventually(lambda: "ready." in log.read_text() or process.poll() is not None, "the worker")
            assert process.poll() is None, log.read_text()[-3000:]
            yield worker

    @contextmanager
    def supervised(self, concurrency: int = 2) -> Iterator[list[Worker]]:
        """Restart a worker when it ends, as systemd and Kubernetes do; yields all workers that were started."""
        workers: list[Worker] = []
        stop = threading.Event()

        def supervise() -> None:
            while not stop.is_set():
                with suppress(AssertionError), self.worker(concurrency) as worker:
                    workers.append(worker)
                    while worker.process.poll() is None and not stop.is_set():
                        time.sleep(0.1)

        thread = threading.Thread(target=supervise)
        thread.start()
        try:
            eventually(lambda: workers, "the first worker")
            yield workers
        finally:
            stop.set()
            thread.join(90)

    def _with_pool(self, concurrency: int, queues: tuple[str, ...]) -> TestEnvironment:
        known = self.environment.resolved["queues"]
        wanted = {*queues, *(known[label]["high_priority_queue"] for label in queues)}
        drained = [label for label in known if label in wanted]
        pool = self.environment.resolved["pools"]["io"] | {
            "type": self.pool, "concurrency": concurrency, "prefetch_multiplier": 1, "queues": drained,
        }  # fmt: skip
        resolved = self.environment.resolved | {"pools": {"contract": pool}}
        file = self.environment.folder / f"resolved-{concurrency}-{'-'.join(queues)}.json"
        file.write_text(json.dumps(resolved))
        variables = self.environment.variables | {"CELERY_ENVIRONMENT_FILE": str(file)}
        return TestEnvironment(**{**vars(self.environment), "resolved": resolved, "variables": variables})

    def outlast_visibility(self) -> None:
        """Wait until an unacknowledged message has been delivered again. RabbitMQ delivers it at once."""
        if self.kind != "rabbitmq":
            time.sleep(VISIBILITY_SECONDS + 2)

    def ready(self, label: str = QUEUE) -> int:
        """Count the messages that wait in a queue, by the broker's count."""
        code = (
            "from celery_platform.brokers import broker_of\nfrom celery_platform.settings import runtime\n"
            f"queue = runtime().environment.queues['{label}']\n"
            "broker = broker_of(runtime())\n"
            "with celery.connection_for_read() as c, c.channel() as channel:\n"
            "    print(broker.queue(queue)(channel).queue_declare().message_count)"
        )
        return int(self.send(code).splitlines()[-1])

    def dead_letters(self, label: str = QUEUE) -> int:
        """Count the messages in a queue's dead letter queue."""
        code = (
            "from celery_platform.brokers import broker_of\nfrom celery_platform.settings import runtime\n"
            f"queue = runtime().environment.queues['{label}']\n"
            "with celery.connection_for_read() as c:\n"
            "    broker_of(runtime()).declare_dead_letters(c)\n"
            "    print(broker_of(runtime()).dead_letters(c, queue))"
        )
        return int(self.send(code).splitlines()[-1])


def token() -> str:
    """Return a name that no other test uses."""
    return uuid.uuid4().hex
