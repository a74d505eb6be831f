"""A process that imports the application's code and runs none of its tasks needs none of its secrets."""

from pathlib import Path

import pytest
from celery_platform.environment import resolve
from celery_platform.errors import SettingsError
from celery_platform.release import helm
from celery_platform.settings import read
from celery_platform.settings.discovery import Discovery
from celery_platform.settings.placeholders import PLACEHOLDER, WithoutApplicationSecrets

from tests.harness.environment import PROD, described


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WithoutApplicationSecrets:
    """Of an account that does not answer."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    discovery = Discovery("amqps://broker:5671", "rediss://store:6379/1", {})
    helm.write_values(tmp_path / "resolved.json", resolve(described(PROD)))
    return WithoutApplicationSecrets(read(tmp_path / "resolved.json"), discovery)


def test_a_secret_of_the_application_is_a_placeholder(runtime: WithoutApplicationSecrets) -> None:
    assert PLACEHOLDER in runtime.secret("ledger")


def test_a_login_of_the_platform_is_asked_of_the_account(runtime: WithoutApplicationSecrets) -> None:
    with pytest.raises(SettingsError, match="broker-password"):
        runtime.secret("broker_password")
