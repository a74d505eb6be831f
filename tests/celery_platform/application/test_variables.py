"""The variables of a pool's processes: the application's, some replaced by the pool's own."""

import json
from pathlib import Path

import pytest
import yaml
from celery_platform.application.variables import secrets_of
from celery_platform.environment import resolve
from celery_platform.environment.load import parse
from celery_platform.settings import resolved
from celery_platform.settings.resolved import Resolved

from tests.harness.environment import ENVIRONMENTS


@pytest.fixture
def environment(tmp_path: Path) -> Resolved:
    """The application has a secret KEY and a variable EXERCISE; the io pool has a KEY of its own, cpu an EXERCISE."""
    file = ENVIRONMENTS / "prod" / "environment.yml"
    content = yaml.safe_load(file.read_text())
    content["application"]["secrets"] = {"KEY": "key", "TOKEN": "token"}
    content["pools"]["io"]["variables"] = {"KEY": "none is needed here"}
    content["pools"]["cpu"]["secrets"] = {"TOKEN": "token_of_cpu"}
    rendered = tmp_path / "resolved.json"
    rendered.write_text(json.dumps(resolve(parse(yaml.safe_dump(content).encode(), file))))
    return resolved.read(rendered)


def test_a_pools_own_variable_replaces_the_applications_secret(environment: Resolved) -> None:
    assert set(secrets_of(environment)) == {"KEY", "TOKEN"}
    assert "KEY" not in secrets_of(environment, "io")


def test_a_pools_own_secret_replaces_the_applications(environment: Resolved) -> None:
    assert secrets_of(environment, "io")["TOKEN"]["secret"] == "token"
    assert secrets_of(environment, "cpu")["TOKEN"]["secret"] == "token_of_cpu"
