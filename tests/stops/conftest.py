"""Fixtures of both halves of the stop matrix: account, result store, slow ledger, and a broker of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.fixtures import aws_endpoint, folder, plain_results, valkey_port
from tests.harness.ledger import Ledger, serving

from .brokers import KINDS, Broker
from .brokers import broker as running_broker

__all__ = ["aws_endpoint", "broker", "folder", "ledger", "plain_results", "valkey_port"]
ANSWER_SECONDS = 5


@pytest.fixture(scope="session")
def ledger() -> Iterator[Ledger]:
    """A ledger whose response takes longer than the start of tasks in all slots."""
    with serving(seconds=ANSWER_SECONDS) as slow:
        yield slow


@pytest.fixture(scope="module", params=KINDS)
def broker(
    request: pytest.FixtureRequest,
    folder: Path,
    aws_endpoint: str,
    plain_results: str,
    ledger: Ledger,
) -> Iterator[Broker]:
    """Each kind of broker."""
    mine = folder / request.param
    mine.mkdir()
    with running_broker(request.param, mine, aws_endpoint, plain_results, ledger) as running:
        yield running
