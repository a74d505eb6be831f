"""Pods of the chart with real brokers on loopback: RabbitMQ, SQS, Valkey."""

import os

import pytest
from container_image.build import bootstrapped_base, build, project_podman
from local_containers.podman import Podman

from tests.harness.environment import ENVIRONMENTS

from ..stops.conftest import *  # noqa: F403 - the brokers, the account, the slow ledger


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests, which take minutes, in `make test`."""
    skip = pytest.mark.skip(reason="`make test-pods` runs the chart's pods; tests/path runs them in the region")
    for item in items:
        if item.get_closest_marker("pods") and "PODS" not in os.environ:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def podman() -> Podman:
    return project_podman()


@pytest.fixture(scope="session")
def image(podman: Podman) -> str:
    """The image of the tests' application, by digest, as the chart requires."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVIRONMENTS", str(ENVIRONMENTS))
        name = build(podman, bootstrapped_base(podman), "local")
    return f"{name.partition(':')[0]}@{podman.run('image', 'inspect', '--format={{.Digest}}', name)}"
