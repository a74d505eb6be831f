"""Alertmanager logs in to the mail server with what the environment says."""

from pathlib import Path
from typing import Any

import pytest

from tests.ansible.written_template import as_written

REQUIRED = {"monitoring_environment": "prod", "monitoring_notify": "oncall@example.com", "ansible_managed": "test"}


@pytest.mark.server
def test_a_login_is_written_as_it_is(tmp_path: Path) -> None:
    login = {"monitoring_smtp_user": "AKIA: x", "monitoring_smtp_password": 'with "quotes" # and {{ braces }}'}

    written = _configuration(tmp_path, login)

    assert written["smtp_auth_username"] == login["monitoring_smtp_user"]
    assert written["smtp_auth_password"] == login["monitoring_smtp_password"]


@pytest.mark.server
def test_a_server_that_admits_the_host_gets_no_login(tmp_path: Path) -> None:
    written = _configuration(tmp_path, {})

    assert written["smtp_smarthost"] == "localhost:25"
    assert [key for key in written if key.startswith("smtp_auth")] == []


def _configuration(folder: Path, login: dict[str, str]) -> dict[str, Any]:
    """The section `global` of alertmanager.yml, as Ansible writes it from the role's template."""
    unsafe = {name: {"__ansible_unsafe": value} for name, value in login.items()}
    section: dict[str, Any] = as_written(folder, "monitoring", "alertmanager.yml.j2", REQUIRED | unsafe)["global"]
    return section
