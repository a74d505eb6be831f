"""Pods of the chart beside real brokers: RabbitMQ, SQS, Valkey, each on loopback."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from region.podman import Podman

from app.image.build import bootstrapped_base, build, project_podman

from ..app.conftest import *  # noqa: F403 - the environments on loopback
from ..app.harness.environment import TestEnvironment
from .gateway import Ledger, slow_gateway
from .stops import Outcome, write_matrix

SLOTS = 4
# Long enough for a task, short enough to wait for: after it, SQS and Redis deliver what a dead worker held again.
VISIBILITY_SECONDS = 15


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the minutes out of `make test`."""
    skip = pytest.mark.skip(reason="`make test-pods` runs the chart's pods; tests/path runs them in the region")
    for item in items:
        if item.get_closest_marker("pods") and "PODS" not in os.environ:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def podman() -> Podman:
    return project_podman()


@pytest.fixture(scope="session")
def image(podman: Podman) -> str:
    """The app's image of this checkout, by digest as the chart wants it."""
    name = build(podman, bootstrapped_base(podman))
    return f"{name.partition(':')[0]}@{podman.run('image', 'inspect', '--format={{.Digest}}', name)}"


@pytest.fixture(scope="session")
def outcomes() -> Iterator[dict[tuple[str, str], Outcome]]:
    """What the stops ended in, by broker and end; written into the file that STOP_MATRIX names."""
    found: dict[tuple[str, str], Outcome] = {}
    yield found
    if os.environ.get("STOP_MATRIX"):
        write_matrix(Path(os.environ["STOP_MATRIX"]), found)


@pytest.fixture
def gateway() -> Iterator[Ledger]:
    """Each charge takes three seconds."""
    with slow_gateway(seconds=3) as ledger:
        yield ledger


def with_pods(whole: TestEnvironment, folder: Path, gateway: Ledger) -> TestEnvironment:
    """The environment with its pool io on EKS."""
    made = whole.variant(folder, pools={"io": {"concurrency": SLOTS, "runs_on": "eks", "min": 1}})
    made.resolved["eks"]["enabled"] = True
    made.resolved["broker"]["visibility_timeout_seconds"] = VISIBILITY_SECONDS
    made.resolved["services"]["payment_gateway_url"] = f"http://127.0.0.1:{gateway.port}"
    Path(made.variables["CELERY_ENVIRONMENT_FILE"]).write_text(json.dumps(made.resolved))
    return made


@pytest.fixture(params=["rabbitmq", "sqs", "redis"])
def environment(request: pytest.FixtureRequest, tmp_path: Path, gateway: Ledger) -> TestEnvironment:
    """Each kind of broker in turn."""
    whole: TestEnvironment = request.getfixturevalue(request.param)
    return with_pods(whole, tmp_path, gateway)
