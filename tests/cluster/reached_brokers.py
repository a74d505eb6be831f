"""Brokers on this machine, each with an environment for producers, and the values with which KEDA reads its queues."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.chart.rendered import IMAGE, Json
from tests.harness import servers
from tests.harness.cable import Cable, cable
from tests.harness.environment import KEYS, Servers, TestEnvironment, exercises, prepare
from tests.harness.ledger import Ledger, serving
from tests.harness.processes import free_port
from tests.harness.sqs_queues import make_queues

from .live import kubectl, ran
from .within_reach import ADDRESS, install

SLOTS = 16
# Messages for each worker.
TARGET = 10
# After which SQS and Redis redeliver the messages of a dead worker.
VISIBILITY_SECONDS = 15
NO_NODE = {"celery-test": "runs-nothing"}


@dataclass(frozen=True)
class Reached:
    """A broker that KEDA reaches over a cable of its own, and the ledger of its tasks.

    `discovery` is of the chart; `trigger` is added to each trigger; `login` takes the place of Pod Identity. `lose`
    deletes a queue where the broker can tell that one is missing, and `make` makes queues that no worker declares.
    """

    environment: TestEnvironment
    ledger: Ledger
    cable: Cable
    discovery: Json
    login: dict[str, str]
    trigger: dict[str, str]
    lose: Callable[[str], object] | None = None
    make: Callable[[], object] | None = None

    def deploy(self, namespace: str, folder: Path, least: int, **pool: object) -> None:
        """Install the chart with this minimum of the pool io, and these of its values.

        No pod finds a node: only their number is of interest.
        """
        values = json.loads(json.dumps(self.environment.resolved))
        values["pools"]["io"] |= {"min": least, "max": 6, "backlog_per_worker": TARGET, "node_selector": NO_NODE}
        values["pools"]["io"] |= pool
        values["eks"]["node_selector"] = NO_NODE
        install(namespace, folder, values | {"image": IMAGE, "discovery": self.discovery})
        where = f"--namespace={namespace}"
        if self.login:
            self._log_in(where)
        if self.trigger:
            scaled = kubectl("get", "scaledobject", "worker-io", where)
            triggers = scaled["spec"]["triggers"]
            for one in triggers:
                one["metadata"] |= self.trigger
            patch = json.dumps({"spec": {"triggers": triggers}})
            ran("kubectl", "patch", "scaledobject/worker-io", where, "--type=merge", f"--patch={patch}")

    def _log_in(self, where: str) -> None:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": self.login}
        ran("kubectl", "apply", where, "--filename=-", data=json.dumps(secret))
        refer = [{"parameter": name, "name": "login", "key": name} for name in self.login]
        instead = {"spec": {"secretTargetRef": refer, "awsSecretManager": None, "podIdentity": None}}
        ran("kubectl", "patch", "triggerauthentication/broker", where, "--type=merge", f"--patch={json.dumps(instead)}")


def _few_slots(resolved: Json, _name: str) -> None:
    resolved["pools"]["io"] |= {"concurrency": SLOTS, "runs_on": "eks"}
    resolved["eks"]["enabled"] = True
    resolved["broker"]["visibility_timeout_seconds"] = VISIBILITY_SECONDS


@contextmanager
def rabbitmq(folder: Path, aws: str, results: str, name: str = "scaled-rabbitmq") -> Iterator[Reached]:
    """A RabbitMQ whose management API has a certificate of its own authority, as the project's has."""
    ca, plain, secure = servers.authority(folder, ADDRESS), free_port(), free_port()
    configuration = (
        f"management.ssl.port = {secure}\nmanagement.ssl.ip = 127.0.0.1\nmanagement.ssl.cacertfile = {ca.trust}\n"
        f"management.ssl.certfile = {ca.certificate}\nmanagement.ssl.keyfile = {ca.key}\n"
    )
    with (
        serving() as ledger,
        servers.rabbitmq(folder, plain, configuration=configuration) as port,
        cable(secure, ADDRESS) as wire,
    ):
        password = {"broker_password": servers.RABBITMQ_PASSWORD}
        made = Servers(aws, f"amqp://127.0.0.1:{port}", results, exercises(ledger), password)
        environment = prepare("rabbitmq", folder, made, name, _few_slots)
        environment.resolved["broker"]["management_port"] = wire.port
        discovery = {"broker_url": f"amqps://{ADDRESS}:{port}", "broker_ca_certificate": ca.pem}
        login = {"password": servers.RABBITMQ_PASSWORD}

        def lose(queue: str) -> object:
            return servers.rabbitmqctl(folder, port, "delete_queue", queue)

        yield Reached(environment, ledger, wire, discovery, login, {}, lose)


@contextmanager
def redis(folder: Path, aws: str, results: str, name: str = "scaled-redis") -> Iterator[Reached]:
    """A Valkey without users, as in a small environment. A list that is empty does not exist there."""
    with serving() as ledger, servers.valkey(folder) as port, cable(port, ADDRESS) as wire:
        made = Servers(aws, f"redis://127.0.0.1:{port}/0", results, exercises(ledger))
        environment = prepare("redis", folder, made, name, _few_slots)
        yield Reached(environment, ledger, wire, {"broker_url": f"redis://{ADDRESS}:{wire.port}/0"}, {}, {})


@contextmanager
def sqs(folder: Path, aws: str, results: str, name: str = "scaled-sqs") -> Iterator[Reached]:
    """The emulated account's SQS."""
    with serving() as ledger, cable(int(aws.rpartition(":")[2]), ADDRESS) as wire:
        made = Servers(aws, "sqs://", results, exercises(ledger))
        environment = prepare("sqs", folder, made, name, _few_slots)
        login = {
            "awsAccessKeyID": KEYS["AWS_ACCESS_KEY_ID"],
            "awsSecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"],
        }
        client = environment.client("sqs")

        def lose(queue: str) -> object:
            return client.delete_queue(QueueUrl=client.get_queue_url(QueueName=queue)["QueueUrl"])

        endpoint = {"awsEndpoint": f"http://{ADDRESS}:{wire.port}"}
        make = partial(make_queues, client, environment.resolved["queues"])
        yield Reached(environment, ledger, wire, {"broker_url": "sqs://"}, login, endpoint, lose, make)


BROKERS = {"rabbitmq": rabbitmq, "redis": redis, "sqs": sqs}
