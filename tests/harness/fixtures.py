"""Fixtures with an environment on loopback for each broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.reliability.valkey import valkey as valkey_client
from celery_platform.settings import runtime

from tests.harness import servers
from tests.harness.environment import Application, Servers, TestEnvironment, exercises, prepare
from tests.harness.ledger import serving
from tests.harness.managed_rabbitmq import managed_environment
from tests.harness.postgresql import postgresql as run_postgresql
from tests.harness.servers import Authority


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
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL, for applications with a database."""
    with run_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def application() -> Iterator[Application]:
    """The application of all environments here. A suite that tests another application overrides this fixture."""
    with serving() as ledger:
        yield exercises(ledger)


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    """The certificate authority of servers that AWS would manage."""
    (folder / "authority").mkdir()
    return servers.authority(folder / "authority")


@pytest.fixture(scope="session")
def plain_results(valkey_port: int) -> str:
    """A result store without TLS and users."""
    return f"redis://127.0.0.1:{valkey_port}/1"


@pytest.fixture(scope="session")
def sqs(folder: Path, aws_endpoint: str, plain_results: str, application: Application) -> TestEnvironment:
    """An environment whose broker is the emulator's SQS."""
    (folder / "sqs").mkdir()
    return prepare("sqs", folder / "sqs", Servers(aws_endpoint, "sqs://", plain_results, application))


@pytest.fixture(scope="session")
def rabbitmq(
    folder: Path, aws_endpoint: str, plain_results: str, application: Application
) -> Iterator[TestEnvironment]:
    """An environment whose broker is a real RabbitMQ."""
    (folder / "rabbitmq").mkdir()
    with servers.rabbitmq(folder / "rabbitmq") as port:
        password = {"broker_password": servers.RABBITMQ_PASSWORD}
        made = Servers(aws_endpoint, f"amqp://127.0.0.1:{port}", plain_results, application, password)
        yield prepare("rabbitmq", folder / "rabbitmq", made)


@pytest.fixture(scope="session")
def managed_rabbitmq(
    folder: Path, aws_endpoint: str, plain_results: str, application: Application
) -> Iterator[TestEnvironment]:
    """An environment whose RabbitMQ answers on its management API."""
    with managed_environment(folder, "managed", aws_endpoint, plain_results, application) as environment:
        yield environment


@pytest.fixture(scope="session")
def amazon_mq(
    folder: Path, aws_endpoint: str, plain_results: str, application: Application, authority: Authority
) -> Iterator[TestEnvironment]:
    """An environment whose broker is a real RabbitMQ as Amazon MQ sets it up: TLS, one user, virtual host /."""
    (folder / "amazon_mq").mkdir()
    with servers.amazon_mq(folder / "amazon_mq", authority) as port:
        password = {"broker_password": servers.MANAGED_PASSWORD}
        made = Servers(aws_endpoint, f"amqps://127.0.0.1:{port}", plain_results, application, password, authority)
        yield prepare("amazon_mq", folder / "amazon_mq", made)


@pytest.fixture(scope="session")
def redis(folder: Path, aws_endpoint: str, application: Application, authority: Authority) -> Iterator[TestEnvironment]:
    """An environment whose broker and result store are a real Valkey as ElastiCache sets it up: TLS, users."""
    (folder / "redis").mkdir()
    with servers.managed_valkey(folder / "redis", authority) as port:
        url = f"rediss://127.0.0.1:{port}"
        passwords = dict.fromkeys(("broker_password", "results_password"), servers.MANAGED_PASSWORD)
        made = Servers(aws_endpoint, f"{url}/0", f"{url}/1", application, passwords, authority)
        yield prepare("redis", folder / "redis", made)


@pytest.fixture(params=["rabbitmq", "amazon_mq", "sqs", "redis"])
def environment(request: pytest.FixtureRequest) -> TestEnvironment:
    """Each environment."""
    made: TestEnvironment = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def inside_sqs(sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestEnvironment]:
    """Let the test process use the SQS environment."""
    for name, value in sqs.variables.items():
        monkeypatch.setenv(name, value)
    caches = (runtime, valkey_client)
    for cached in caches:
        cached.cache_clear()
    yield sqs
    for cached in caches:
        cached.cache_clear()
