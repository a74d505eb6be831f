"""Brokers that can be restarted during tasks, each with an environment whose ledger is slow."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.harness import servers
from tests.harness.environment import Servers, TestEnvironment, exercises, prepare
from tests.harness.ledger import Ledger
from tests.harness.processes import free_port
from tests.harness.refusing_proxy import refusing_proxy

from ..brokers.outage import refused

KINDS = ("rabbitmq", "sqs", "redis")
SLOTS = 4
# Visibility timeout, after which SQS and Redis redeliver the messages of a dead worker. Longer than any task here.
VISIBILITY_SECONDS = 15
AWAY_SECONDS = 5


@dataclass(frozen=True)
class Broker:
    """A running broker. Within `away()` it is unavailable, and afterwards it has all of its messages."""

    environment: TestEnvironment
    away: Callable[[], AbstractContextManager[None]]

    @property
    def kind(self) -> str:
        """`rabbitmq`, `sqs` or `redis`."""
        return self.environment.kind

    def restart(self) -> None:
        """Make the broker unavailable for some seconds."""
        with self.away():
            time.sleep(AWAY_SECONDS)


@contextmanager
def broker(kind: str, folder: Path, aws: str, results: str, ledger: Ledger) -> Iterator[Broker]:
    """A broker of this kind. SQS is not restarted, but answers 503 for the same time.

    `aws` is the account's endpoint, `results` the URL of the result store.
    """
    application = exercises(ledger)
    if kind == "sqs":
        with refusing_proxy(aws) as (endpoint, refusals):
            made = Servers(endpoint, "sqs://", results, application)
            yield Broker(_environment(kind, folder, made), partial(refused, refusals))
        return
    port = free_port()
    if kind == "rabbitmq":
        secrets = {"broker_password": servers.RABBITMQ_PASSWORD}
        made = Servers(aws, f"amqp://127.0.0.1:{port}", results, application, secrets)
        serve = partial(servers.rabbitmq, folder, port=port)
    else:
        made = Servers(aws, f"redis://127.0.0.1:{port}/0", results, application)
        serve = partial(servers.valkey, folder, port=port, persistent=True)
    with ExitStack() as running:
        running.enter_context(serve())

        @contextmanager
        def away() -> Iterator[None]:
            running.close()
            yield
            running.enter_context(serve())

        yield Broker(_environment(kind, folder, made), away)


def _environment(kind: str, folder: Path, made: Servers) -> TestEnvironment:
    """An environment with a pool io of few slots on EKS, which the chart renders and a host also runs."""
    environment = prepare(kind, folder, made, name=f"stops-{kind}", change=_few_slots)
    if kind == "sqs":
        client = environment.client("sqs")
        for queue in environment.resolved["queues"].values():
            url = client.get_queue_url(QueueName=queue["name"])["QueueUrl"]
            client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})
    return environment


def _few_slots(resolved: dict, _name: str) -> None:  # type: ignore[type-arg]
    resolved["pools"]["io"] |= {"concurrency": SLOTS, "runs_on": "eks", "min": 1}
    resolved["eks"]["enabled"] = True
    resolved["broker"]["visibility_timeout_seconds"] = VISIBILITY_SECONDS
