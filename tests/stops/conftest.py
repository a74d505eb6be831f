"""What both halves of the stop matrix use: the account, the result store, the slow gateway, a broker of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..app.harness import servers
from .brokers import KINDS, Broker
from .brokers import broker as running_broker
from .gateway import Ledger, slow_gateway

CHARGE_SECONDS = 5


@pytest.fixture(scope="session")
def gateway() -> Iterator[Ledger]:
    """Each charge takes longer than starting as many as there are slots."""
    with slow_gateway(seconds=CHARGE_SECONDS) as ledger:
        yield ledger


@pytest.fixture(scope="session")
def stops_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stops")


@pytest.fixture(scope="session")
def account(stops_folder: Path) -> Iterator[str]:
    with servers.aws(stops_folder) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def results(stops_folder: Path) -> Iterator[str]:
    with servers.valkey(stops_folder) as port:
        yield f"redis://127.0.0.1:{port}/1"


@pytest.fixture(scope="module", params=KINDS)
def broker(
    request: pytest.FixtureRequest, stops_folder: Path, account: str, results: str, gateway: Ledger
) -> Iterator[Broker]:
    """Each kind of broker in turn."""
    folder = stops_folder / request.param
    folder.mkdir()
    with running_broker(request.param, folder, account, results, gateway) as running:
        yield running
