"""Whatever RabbitMQ answers, a worker goes on, or ends so that its supervisor starts it again; no message is lost."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import amqp
import pytest

from tests.harness import servers
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

POOLS = ("threads", "turbo", "prefork", "gevent", "solo")
SEND = "from exercises import probe; [probe.due.delay({file!r}) for _ in range({count})]"


@dataclass(frozen=True)
class Node:
    """A RabbitMQ of these tests' own."""

    folder: Path
    port: int
    queue: str

    def control(self, *words: str) -> str:
        """Run rabbitmqctl."""
        return servers.rabbitmqctl(self.folder, self.port, *words)

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel beside the worker's."""
        with amqp.Connection(f"127.0.0.1:{self.port}") as connection:
            yield connection.channel()


@pytest.fixture(scope="module")
def node(rabbitmq: TestEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("node")
    with servers.rabbitmq(folder) as port:
        yield Node(folder, port, rabbitmq.resolved["queues"]["quick"]["name"])


@contextmanager
def a_deleted_queue(node: Node) -> Iterator[None]:
    """The consumer is cancelled: its queue is gone."""
    with node.channel() as channel:
        channel.queue_delete(node.queue)
    yield


@contextmanager
def a_queue_of_another_kind(node: Node) -> Iterator[None]:
    """Somebody made it anew with other arguments: to declare it is a failed precondition, until it is gone."""
    with node.channel() as channel:
        channel.queue_delete(node.queue)
        channel.queue_declare(node.queue, durable=True, auto_delete=False, arguments={"x-queue-type": "classic"})
    yield
    with node.channel() as channel:
        channel.queue_delete(node.queue)


@contextmanager
def a_locked_queue(node: Node) -> Iterator[None]:
    """Another connection has the queue for itself, under the same name."""
    with node.channel() as channel:
        channel.queue_delete(node.queue)
        channel.queue_declare(node.queue, exclusive=True, auto_delete=False)
        yield


@contextmanager
def closed_connections(node: Node) -> Iterator[None]:
    """An operator closes every connection, thrice."""
    for _ in range(3):
        node.control("close_all_connections", "as asked")
        time.sleep(1)
    yield


@contextmanager
def blocked_connections(node: Node) -> Iterator[None]:
    """Memory is short: nobody may publish."""
    node.control("set_vm_memory_high_watermark", "0.00001")
    try:
        yield
    finally:
        node.control("set_vm_memory_high_watermark", "0.4")


@contextmanager
def no_permission(node: Node) -> Iterator[None]:
    """The user may read and write nothing, and its connections are closed."""
    node.control("set_permissions", "guest", "", "", "")
    node.control("close_all_connections", "as asked")
    try:
        yield
    finally:
        node.control("set_permissions", "guest", ".*", ".*", ".*")


@contextmanager
def a_stopped_application(node: Node) -> Iterator[None]:
    """The node is there and its broker is not."""
    node.control("stop_app")
    try:
        yield
    finally:
        node.control("start_app")


FAULTS = (
    a_deleted_queue, a_queue_of_another_kind, a_locked_queue, closed_connections, blocked_connections, no_permission,
    a_stopped_application,
)  # fmt: skip
SAMPLE = {(a_deleted_queue, "threads"), (blocked_connections, "turbo"), (closed_connections, "threads")}


def cell(pool: str, fault: Any) -> Any:
    """One of all, of which `make test` tries a few."""
    sampled = (fault, pool) in SAMPLE
    return pytest.param(pool, fault, marks=() if sampled else pytest.mark.slow, id=f"{pool}-{fault.__name__}")


def ran(file: Path) -> int:
    """How many tasks left a line."""
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.mark.parametrize(("pool", "fault"), [cell(pool, fault) for pool in POOLS for fault in FAULTS])
def test_a_worker_goes_on_or_is_started_again_after(
    rabbitmq: TestEnvironment, node: Node, tmp_path: Path, pool: str, fault: Any
) -> None:
    environment = rabbitmq.variant(
        tmp_path, broker_url=f"amqp://127.0.0.1:{node.port}", pools={"io": {"type": pool, "concurrency": 2}}
    )
    file = tmp_path / "ran"
    with ExitStack() as workers:
        worker = Supervised(environment, workers)
        eventually(lambda: "ready" in worker.log.read_text(), "the worker")
        environment.python(SEND.format(file=str(file), count=1))
        eventually(lambda: ran(file) == 1, "the first task")

        with fault(node):
            time.sleep(8)
        eventually(lambda: worker.kept() and sends(environment, file), "a message that is taken")

        eventually(lambda: worker.kept() and ran(file) >= 2, "the task after it", 90)


class Supervised:
    """A worker that is started again after each end that nobody asked for, as systemd and Kubernetes do."""

    def __init__(self, environment: TestEnvironment, workers: ExitStack) -> None:
        self.environment, self.workers = environment, workers
        self.process, self.log = workers.enter_context(environment.worker("io"))

    def kept(self) -> bool:
        """Start another where the last one ended; true always."""
        if self.process.poll() is not None:
            assert self.process.returncode != 0, f"as if it had been asked to: {self.log.read_text()[-3000:]}"
            self.process, self.log = self.workers.enter_context(self.environment.worker("io"))
        return True


def sends(environment: TestEnvironment, file: Path) -> bool:
    """Whether the broker takes a message; one that is refused was not sent."""
    try:
        environment.python(SEND.format(file=str(file), count=1))
    except AssertionError:
        return False
    return True
