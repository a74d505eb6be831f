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
    section: dict[str, Any] = _written(folder, login)["global"]
    return section


def _written(folder: Path, variables: dict[str, str]) -> dict[str, Any]:
    unsafe = {name: {"__ansible_unsafe": value} for name, value in variables.items()}
    whole: dict[str, Any] = as_written(folder, "monitoring", "alertmanager.yml.j2", REQUIRED | unsafe)
    return whole


@pytest.mark.server
def test_the_alert_that_always_fires_goes_to_the_dead_man_s_switch_each_minute_and_to_nobody_else(
    tmp_path: Path,
) -> None:
    url = "https://example.com/alive?token=a: b"

    written = _written(tmp_path, {"monitoring_dead_man_switch_url": url})

    first = written["route"]["routes"][0]
    assert first["matchers"] == ['alertname="CeleryDeadManSwitch"']
    assert (first["group_interval"], first["repeat_interval"]) == ("1m", "30s")
    assert "continue" not in first
    (receiver,) = [each for each in written["receivers"] if each["name"] == first["receiver"]]
    assert receiver == {"name": first["receiver"], "webhook_configs": [{"url": url, "send_resolved": False}]}


@pytest.mark.server
def test_without_a_url_there_is_no_switch(tmp_path: Path) -> None:
    written = _written(tmp_path, {})

    assert [each["receiver"] for each in written["route"]["routes"]] == ["prod-page"]
    assert [each["name"] for each in written["receivers"]] == ["prod-ticket", "prod-page"]
