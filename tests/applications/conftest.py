"""The servers of this folder's environments, started once; and which broker a test runs on."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.harness.postgresql import postgresql as run_postgresql

from .estate import Estate, eventually, servers


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder = tmp_path_factory.mktemp("applications")
    (folder / "authority").mkdir()
    with ExitStack() as running:
        yield Estate(
            folder,
            running.enter_context(servers.aws(folder)),
            running.enter_context(servers.valkey(folder)),
            servers.authority(folder / "authority"),
            running,
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL as an application has it."""
    with run_postgresql() as url:
        plain = url.replace("postgresql+psycopg://", "postgresql://")
        eventually(lambda: _answers(plain), "PostgreSQL")  # it listens before it is ready
        yield plain


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
