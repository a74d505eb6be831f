"""The environments on loopback of the app's tests, and workers with tasks made for being observed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ..app.conftest import aws_endpoint, folder, inside_sqs, outside, rabbitmq, sqs, valkey_port
from ..app.harness.environment import TestEnvironment
from .harness.worker import ObservedWorker

__all__ = ["aws_endpoint", "folder", "inside_sqs", "outside", "rabbitmq", "sqs", "valkey_port"]


@pytest.fixture
def worker_of(tmp_path: Path) -> Callable[[TestEnvironment, str], ObservedWorker]:
    """A worker of a pool of a given type, not yet started."""
    return lambda environment, pool_type: ObservedWorker(environment, pool_type, tmp_path)
