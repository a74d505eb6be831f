"""The number on which each autoscaler would act, compared with the broker while tasks wait and run."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.environment.model import BrokerKind

from tests.harness import servers
from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.fixtures import (
    application,
    authority,
    aws_endpoint,
    folder,
    plain_results,
    redis,
    sqs,
    valkey_port,
)
from tests.harness.processes import free_port
from tests.harness.servers import MANAGED_PASSWORD, RABBITMQ_PASSWORD
from tests.harness.waiting import eventually

from .reading import backlog, read
from .rendered import Rendered, render_resolved

# The environments on loopback.
__all__ = ["application", "authority", "aws_endpoint", "folder", "plain_results", "redis", "sqs", "valkey_port"]

SENT = 20
SLOTS = 4
PASSWORDS = {"rabbitmq": RABBITMQ_PASSWORD, "sqs": "", "redis": MANAGED_PASSWORD}
SEND = f"""
from exercises.effects import record
for number in range({SENT}):
    record.delay(f"backlog-{{number}}")
"""


@pytest.fixture(scope="session")
def rabbitmq(
    folder: Path, aws_endpoint: str, plain_results: str, application: Application
) -> Iterator[TestEnvironment]:
    """A RabbitMQ with the management API, which KEDA queries."""
    here, port = folder / "rabbitmq", free_port()
    here.mkdir()
    with servers.rabbitmq(here, management_port=port) as broker_port:
        password = {"broker_password": RABBITMQ_PASSWORD}
        made = prepare(
            "rabbitmq",
            here,
            Servers(aws_endpoint, f"amqp://127.0.0.1:{broker_port}", plain_results, application, password),
        )
        made.resolved["broker"]["management_port"] = port
        yield made


@pytest.fixture
def silent_ledger() -> Iterator[int]:
    """A ledger that accepts connections and never responds, so that tasks run until the timeout of their request."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield int(listening.getsockname()[1])


@pytest.fixture(params=["rabbitmq", "sqs", "redis"])
def environment(request: pytest.FixtureRequest, tmp_path: Path, silent_ledger: int) -> TestEnvironment:
    """Each kind of broker. Workers of the pool io have four slots, which requests to the ledger occupy."""
    whole: TestEnvironment = request.getfixturevalue(request.param)
    made = whole.variant(tmp_path, pools={"io": {"concurrency": SLOTS, "runs_on": "eks"}})
    made.resolved["application"]["variables"]["LEDGER_URL"] = f"http://127.0.0.1:{silent_ledger}"
    made.resolved["eks"]["enabled"] = True
    Path(made.variables["CELERY_ENVIRONMENT_FILE"]).write_text(json.dumps(made.resolved))
    return made


@pytest.fixture
def rendered(environment: TestEnvironment) -> Rendered:
    """The chart for this environment."""
    return render_resolved(environment.resolved, BrokerKind(environment.kind), environment.broker_url)


def test_waiting_and_running_tasks_are_all_counted_and_nothing_else(
    environment: TestEnvironment, rendered: Rendered
) -> None:
    scaled, password = rendered.of("ScaledObject")["worker-io"], PASSWORDS[environment.kind]
    environment.python(SEND)

    with environment.worker("io") as (worker, log):
        # A trigger that counted only waiting tasks would not include running ones, and would stop their workers.
        def all_are_counted_while_some_run() -> bool:
            try:
                running = SENT - waiting(environment, rendered, password)
                return backlog(scaled, environment, password) == SENT and running >= SLOTS
            except LookupError:
                return False

        eventually(all_are_counted_while_some_run, f"a backlog of {SENT} of which {SLOTS} run")
        assert worker.poll() is None, log.read_text()[-3000:]


def waiting(environment: TestEnvironment, rendered: Rendered, password: str) -> int:
    """Messages of the queue that are not delivered."""
    triggers = rendered.of("ScaledObject")["worker-io"]["spec"]["triggers"]
    (trigger,) = (json.loads(json.dumps(one)) for one in triggers if one["name"] == "queue_effects")
    trigger["metadata"] |= {"excludeUnacknowledged": "true", "scaleOnInFlight": "false"}
    return read(trigger, environment, password)
