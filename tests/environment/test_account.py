"""An environment that brings its own AWS configuration is never mixed with a person's own."""

from pathlib import Path

import pytest
from celery_platform.environment.account import account_variables

PERSONAL = {"AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "mine", "PATH": "/bin"}


def test_the_local_environment_uses_its_own_endpoint_and_keys() -> None:
    variables = account_variables("local", "eu-west-1", PERSONAL)

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert variables["AWS_CONFIG_FILE"].endswith("environments/local/aws/config")
    assert "AWS_PROFILE" not in variables
    assert "AWS_ACCESS_KEY_ID" not in variables


@pytest.mark.usefixtures("environments")
def test_an_environment_without_its_own_uses_what_the_person_configured() -> None:
    variables = account_variables("prod", "eu-west-1", PERSONAL)

    assert variables == PERSONAL | {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}


def test_a_role_to_assume_needs_no_endpoint(environments: Path) -> None:
    folder = environments / "prod" / "aws"
    folder.mkdir()
    (folder / "config").write_text("[default]\nrole_arn = arn:aws:iam::1:role/plan\n")

    variables = account_variables("prod", "eu-west-1", PERSONAL)

    assert variables["AWS_CONFIG_FILE"] == str(folder / "config")
    assert "AWS_ENDPOINT_URL" not in variables
