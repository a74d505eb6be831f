"""The app tests' environments on loopback, and workers with tasks for the tests of observability."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.fixtures import (
    application,
    authority,
    aws_endpoint,
    folder,
    inside_sqs,
    managed_rabbitmq,
    plain_results,
    rabbitmq,
    redis,
    sqs,
    valkey_port,
)

from .harness.worker import ObservedWorker

__all__ = [
    "application", "authority", "aws_endpoint", "folder", "inside_sqs", "managed_rabbitmq", "plain_results", "rabbitmq",
    "redis", "sqs", "valkey_port",
]  # fmt: skip


@pytest.fixture
def worker_of(tmp_path: Path) -> Callable[[TestEnvironment, str], ObservedWorker]:
    """A worker of a pool of a given type, not yet started."""
    return lambda environment, pool_type: ObservedWorker(environment, pool_type, tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that take minutes unless they are requested by `make test-observability`."""
    skip = pytest.mark.skip(reason="takes minutes; run it with `make test-observability`")
    for item in items:
        if item.get_closest_marker("observability") and "OBSERVABILITY" not in os.environ:
            item.add_marker(skip)
