"""One broker, and entries that take half a second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.ledger import Ledger, serving
from tests.stops.brokers import Broker
from tests.stops.brokers import broker as running_broker
from tests.stops.conftest import aws_endpoint, folder, plain_results, valkey_port  # noqa: F401


@pytest.fixture(scope="session")
def ledger() -> Iterator[Ledger]:
    with serving(seconds=0.5) as slow:
        yield slow


@pytest.fixture(scope="session")
def rabbitmq(folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger) -> Iterator[Broker]:  # noqa: F811
    mine = folder / "rabbitmq"
    mine.mkdir()
    with running_broker("rabbitmq", mine, aws_endpoint, plain_results, ledger) as running:
        yield running
