"""Environments on loopback for the platform's tests, one for each broker that runs here."""

import pytest
from celery_platform.guards.answers import Answers
from celery_platform.transports.redis.take import Taking

from tests.harness.fixtures import *  # noqa: F403


@pytest.fixture(autouse=True)
def _no_back_off_of_an_earlier_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget that a test before this one met a server that was away: a process waits up to 15 s after many refusals."""
    monkeypatch.setattr(Taking, "polls", Answers("taking messages"))
    monkeypatch.setattr(Taking, "in_doubt", False)
