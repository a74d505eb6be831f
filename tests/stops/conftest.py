"""What both halves of the stop matrix use: the account, the result store, the slow gateway, a broker of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.fixtures import aws_endpoint, folder, plain_results, valkey_port

from .brokers import KINDS, Broker
from .brokers import broker as running_broker
from .gateway import Ledger, slow_gateway

__all__ = ["aws_endpoint", "broker", "folder", "gateway", "plain_results", "valkey_port"]
CHARGE_SECONDS = 5


@pytest.fixture(scope="session")
def gateway() -> Iterator[Ledger]:
    """Each charge takes longer than starting as many as there are slots."""
    with slow_gateway(seconds=CHARGE_SECONDS) as ledger:
        yield ledger


@pytest.fixture(scope="module", params=KINDS)
def broker(
    request: pytest.FixtureRequest,
    folder: Path,
    aws_endpoint: str,
    plain_results: str,
    gateway: Ledger,
) -> Iterator[Broker]:
    """Each kind of broker in turn."""
    mine = folder / request.param
    mine.mkdir()
    with running_broker(request.param, mine, aws_endpoint, plain_results, gateway) as running:
        yield running
