"""Environments on loopback for the app's tests, one for each broker that runs here, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.reliability.valkey import valkey as valkey_client
from app.settings import runtime

from .harness import servers
from .harness.environment import TestEnvironment, prepare
from .harness.servers import Outside


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="session")
def aws_endpoint(folder: Path) -> Iterator[str]:
    with servers.aws(folder) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def valkey_port(folder: Path) -> Iterator[int]:
    with servers.valkey(folder) as port:
        yield port


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    with servers.outside() as world:
        yield world


@pytest.fixture(scope="session")
def sqs(folder: Path, aws_endpoint: str, valkey_port: int, outside: Outside) -> TestEnvironment:
    """An environment whose broker is the emulator's SQS."""
    (folder / "sqs").mkdir()
    return prepare("sqs", folder / "sqs", endpoint=aws_endpoint, valkey_port=valkey_port, outside=outside)


@pytest.fixture(scope="session")
def rabbitmq(folder: Path, aws_endpoint: str, valkey_port: int, outside: Outside) -> Iterator[TestEnvironment]:
    """An environment whose broker is a real RabbitMQ."""
    (folder / "rabbitmq").mkdir()
    with servers.rabbitmq(folder / "rabbitmq") as port:
        yield prepare(
            "rabbitmq", folder / "rabbitmq", endpoint=aws_endpoint, valkey_port=valkey_port, outside=outside,
            rabbitmq_port=port,
        )  # fmt: skip


@pytest.fixture(params=["rabbitmq", "sqs"])
def environment(request: pytest.FixtureRequest) -> TestEnvironment:
    """Each environment in turn."""
    made: TestEnvironment = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def inside_sqs(sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestEnvironment]:
    """The test process itself becomes one of the SQS environment's."""
    for name, value in sqs.variables.items():
        monkeypatch.setenv(name, value)
    caches = (runtime, valkey_client)
    for cached in caches:
        cached.cache_clear()
    yield sqs
    for cached in caches:
        cached.cache_clear()
