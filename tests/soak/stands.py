"""What a soak runs on: a broker and a result store on loopback that can be taken away, and the faults of each."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.brokers.outage import RestartedStore, refused
from tests.harness import servers
from tests.harness.cable import Cable, cable
from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.processes import free_port
from tests.harness.refusing_proxy import Answer, Refusals, refusing_proxy

AWAY_SECONDS = 3.0
ATTEMPTS = 3
VISIBILITY_SECONDS = 12
BROKERS = ("rabbitmq", "sqs", "redis")
Fault = Callable[[], None]


@dataclass(frozen=True)
class Stand:
    """An environment on one broker, and what can be done to it; each fault is over when its function returns."""

    name: str
    environment: TestEnvironment
    faults: dict[str, Fault] = field(default_factory=dict)


@contextmanager
def stand(name: str, folder: Path, application: Application) -> Iterator[Stand]:
    """Run the servers of one broker while the context is open."""
    results = RestartedStore(_made(folder / "results"))
    with ExitStack() as open_servers:
        aws_endpoint = open_servers.enter_context(servers.aws(_made(folder / "account")))
        open_servers.enter_context(results.up())
        url = f"redis://127.0.0.1:{results.port}/1"
        if name == "sqs":
            endpoint, refusals = open_servers.enter_context(refusing_proxy(aws_endpoint))
            faults = {"broker away": _away(lambda: refused(refusals)), "connections cut": lambda: _cut_http(refusals)}
            known, kind = Servers(aws_endpoint, "sqs://", url, application), "sqs"
        elif name == "redis":
            store = RestartedStore(_made(folder / "broker"))
            open_servers.enter_context(store.up())
            wire = open_servers.enter_context(cable(store.port))
            faults = {"broker away": _behind(wire, _away(store.away)), "connections cut": lambda: _cut(wire)}
            known, kind = Servers(aws_endpoint, f"redis://127.0.0.1:{wire.port}/0", url, application), "redis"
        else:
            node = Node(_made(folder / "broker"))
            open_servers.enter_context(node.up())
            wire = open_servers.enter_context(cable(node.port))
            faults = node.faults | {
                "broker restarted": _behind(wire, node.restart), "connections cut": lambda: _cut(wire)
            }  # fmt: skip
            password = {"broker_password": servers.RABBITMQ_PASSWORD}
            known = Servers(aws_endpoint, f"amqp://127.0.0.1:{wire.port}", url, application, password)
            kind = "rabbitmq"
        environment = prepare(kind, _made(folder / "environment"), known, "soak", _short_budget)
        if name == "sqs":
            environment.variables["AWS_ENDPOINT_URL"] = endpoint
        yield Stand(name, environment, faults | {"store away": _away(results.away)})


class Node:
    """One RabbitMQ node that finds its data again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self._running = folder, free_port(), ExitStack()

    @contextmanager
    def up(self) -> Iterator[None]:
        """Run the node while the context is open."""
        self._start()
        try:
            yield
        finally:
            self._running.close()

    @property
    def faults(self) -> dict[str, Fault]:
        """The faults of the scenario `hard_day` that a node can have while it runs."""
        return {
            "all connections closed": lambda: self._control("close_all_connections", "soak"),
            "blocked by its memory alarm": self._block,
        }

    def _start(self) -> None:
        self._running = ExitStack()
        self._running.enter_context(servers.rabbitmq(self.folder, port=self.port))

    def restart(self) -> None:
        """Stop the node, and start it again after a while."""
        self._running.close()
        time.sleep(AWAY_SECONDS)
        self._start()

    def _block(self) -> None:
        self._control("set_vm_memory_high_watermark", "0.00001")
        time.sleep(AWAY_SECONDS)
        self._control("set_vm_memory_high_watermark", "0.6")

    def _control(self, *words: str) -> None:
        """Run rabbitmqctl, again where a machine under load did not start it within a minute."""
        for _ in range(ATTEMPTS - 1):
            with suppress(subprocess.TimeoutExpired):
                servers.rabbitmqctl(self.folder, self.port, *words)
                return
        servers.rabbitmqctl(self.folder, self.port, *words)


def _away(away: Callable[[], AbstractContextManager[None]]) -> Fault:
    def fault() -> None:
        with away():
            time.sleep(AWAY_SECONDS)

    return fault


def _behind(wire: Cable, fault: Fault) -> Fault:
    """The same, with the cable unplugged: it carries nothing to a server that is away."""

    def unplugged() -> None:
        wire.pull()
        try:
            fault()
        finally:
            wire.plug()

    return unplugged


def _cut(wire: Cable) -> None:
    wire.pull()
    wire.plug()


def _cut_http(refusals: Refusals) -> None:
    """Close connections in the middle of what is asked, for a moment."""
    operations = ("ReceiveMessage", "SendMessage", "SendMessageBatch", "DeleteMessageBatch")
    refusals.answer |= dict.fromkeys(operations, Answer(None))
    time.sleep(1)
    for operation in operations:
        refusals.answer.pop(operation, None)


def _short_budget(resolved: dict[str, object], _name: str) -> None:
    """A killed worker's messages come again within seconds, so that a soak of a minute has it many times."""
    queues = resolved["queues"]
    assert isinstance(queues, dict)
    for queue in queues.values():
        queue["time_budget"] |= {
            "soft_time_limit": 6, "hard_time_limit": 8, "max_countdown": 6, "visibility_timeout": VISIBILITY_SECONDS,
        }  # fmt: skip
    broker = resolved["broker"]
    assert isinstance(broker, dict)
    broker["visibility_timeout_seconds"] = VISIBILITY_SECONDS


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
