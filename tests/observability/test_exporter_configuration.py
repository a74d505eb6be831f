"""The exporter reads its configuration in a process of its own, and says in words what it cannot use."""

import pytest
from celery_platform.errors import SettingsError
from celery_platform.observability.exporter.configuration import read_configuration
from celery_platform.observability.exporter.store import ask

from tests.harness import servers
from tests.harness.environment import TestEnvironment

from .harness.inside import inside

pytestmark = pytest.mark.observability


def test_a_command_that_the_store_refuses_raises_a_readable_error(plain_results: str) -> None:
    assert ask(plain_results, ("EXISTS", "nothing"), ("LRANGE", "nothing", "0", "1")) == [0, []]
    with pytest.raises(SettingsError, match="unknown command"):
        ask(plain_results, ("FROB",))


def test_the_exporter_gets_its_configuration_from_a_child_process(
    managed_rabbitmq: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(managed_rabbitmq, monkeypatch):
        loaded = read_configuration()

    assert loaded.secret("broker_password") == servers.RABBITMQ_PASSWORD
    assert loaded.discovery.broker_url.startswith("amqp://")


def test_an_unusable_environment_raises_the_usual_error(
    rabbitmq: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(rabbitmq, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(SettingsError, match="expected to read the SSM parameters"):
            read_configuration()
