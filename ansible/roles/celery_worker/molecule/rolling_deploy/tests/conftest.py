"""One broker, and orders that take half a second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stops.brokers import Broker
from tests.stops.brokers import broker as running_broker
from tests.stops.conftest import aws_endpoint, folder, plain_results, valkey_port  # noqa: F401
from tests.stops.gateway import Ledger, slow_gateway


@pytest.fixture(scope="session")
def gateway() -> Iterator[Ledger]:
    with slow_gateway(seconds=0.5) as ledger:
        yield ledger


@pytest.fixture(scope="session")
def rabbitmq(folder: Path, aws_endpoint: str, plain_results: str, gateway: Ledger) -> Iterator[Broker]:  # noqa: F811
    mine = folder / "rabbitmq"
    mine.mkdir()
    with running_broker("rabbitmq", mine, aws_endpoint, plain_results, gateway) as running:
        yield running
