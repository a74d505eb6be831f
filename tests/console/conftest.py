"""A console of an environment on loopback: in this process, or as `app console` serves it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery_platform.console.application import application as console_application
from celery_platform.console.security.loopback import LoopbackAuthentication
from celery_platform.console.serve import Options, site_of
from celery_platform.console.site import Site
from celery_platform.settings import runtime
from httpx2 import Response
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from tests.harness import servers
from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.fixtures import *  # noqa: F403
from tests.harness.processes import free_port
from tests.harness.servers import Authority

from .inside import EMPTY, inside

PORT = 8321
BASE = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="session")
def valkey_9_port(folder: Path) -> Iterator[int]:
    """The Valkey of the locked package, which needs no package of the distribution."""
    with servers.valkey(folder, program=servers.valkey_program()) as port:
        yield port


@pytest.fixture(scope="session")
def plain_redis(folder: Path, aws_endpoint: str, valkey_9_port: int, application: Application) -> TestEnvironment:
    """An environment whose broker and result store are one Valkey without TLS."""
    (folder / "plain_redis").mkdir()
    url = f"redis://127.0.0.1:{valkey_9_port}"
    return prepare(
        "redis", folder / "plain_redis", Servers(aws_endpoint, f"{url}/0", f"{url}/2", application), "plain_redis"
    )


@pytest.fixture(scope="session")
def managed_amazon_mq(
    folder: Path, aws_endpoint: str, plain_results: str, application: Application, authority: Authority
) -> Iterator[TestEnvironment]:
    """An environment whose RabbitMQ is as Amazon MQ sets it up, and answers on its management API with TLS."""
    here, port = folder / "amazon_mq", free_port()
    here.mkdir()
    with servers.amazon_mq(here, authority, port) as broker_port:
        password = {"broker_password": servers.MANAGED_PASSWORD}
        url = f"amqps://127.0.0.1:{broker_port}"
        made = Servers(aws_endpoint, url, plain_results, application, password, authority)

        def change(resolved: dict[str, Any], _name: str) -> None:
            resolved["broker"]["management_urls"] = [f"https://127.0.0.1:{port}"]  # 443 of its host on AWS

        yield prepare("amazon_mq", here, made, change=change)


KINDS = ("plain_redis", "sqs", "managed_rabbitmq", "managed_amazon_mq")
# For what does not depend on how Amazon MQ is reached, which other tests show.
slow_on_amazon_mq = pytest.mark.parametrize(
    "on_each", [*KINDS[:3], pytest.param("managed_amazon_mq", marks=pytest.mark.slow)], indirect=True
)


@pytest.fixture(params=KINDS)
def on_each(request: pytest.FixtureRequest) -> TestEnvironment:
    """An environment on each kind of broker. All but Redis hide messages that are being read."""
    made: TestEnvironment = request.getfixturevalue(request.param)
    return made


@dataclass(frozen=True)
class Opened:
    """A console in this process, with a client that is signed in and one that is not."""

    site: Site
    client: TestClient
    stranger: TestClient
    signed_in: Response
    audit: Path


def token_of(console: Opened) -> str:
    """The token of this person's forms."""
    request = console.client.build_request("GET", "/")
    scope = {"type": "http", "headers": [(b"cookie", request.headers["cookie"].encode())], "client": None}
    person = console.site.authentication.person(HTTPConnection(scope))
    assert person
    return console.site.forms.token(person)


def opened(options: Options) -> Opened:
    """Open a console in this process, which is inside an environment."""
    authentication = LoopbackAuthentication(PORT)
    site = site_of(runtime(), options, authentication)
    client, stranger = (TestClient(console_application(site), BASE, follow_redirects=False) for _ in range(2))
    answer = client.get("/sign-in", params={"token": authentication.token})
    assert answer.status_code == 303
    return Opened(site, client, stranger, answer, options.audit_log)


@pytest.fixture
def console(plain_redis: TestEnvironment, tmp_path: Path) -> Iterator[Opened]:
    """A read-only console of an environment whose broker is a Valkey. Nothing is dead-lettered at first."""
    with inside(plain_redis):
        yield opened(Options(audit_log=tmp_path / "audit.jsonl"))


@pytest.fixture
def acting(plain_redis: TestEnvironment, tmp_path: Path) -> Iterator[Opened]:
    """The same with actions."""
    with inside(plain_redis):
        yield opened(Options(audit_log=tmp_path / "audit.jsonl", allow_actions=True))


@pytest.fixture
def acting_on_each(on_each: TestEnvironment, tmp_path: Path) -> Iterator[Opened]:
    """A console with actions, of an environment on each kind of broker."""
    with inside(on_each):
        yield opened(Options(audit_log=tmp_path / "audit.jsonl", allow_actions=True))
    on_each.python(EMPTY)
