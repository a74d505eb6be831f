"""Code of a test that runs as a process of an environment does."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment


@contextmanager
def inside(environment: TestEnvironment, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the test process itself a process of the environment."""
    for name, value in environment.variables.items():
        monkeypatch.setenv(name, value)
    for cached in (runtime, valkey):
        cached.cache_clear()
    yield
    for cached in (runtime, valkey):
        cached.cache_clear()
