"""Alertmanager logs in to the mail server with what the environment says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ANSIBLE = Path(__file__).parents[2] / "ansible"
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
    variables = yaml.safe_load((ANSIBLE / "roles/monitoring/defaults/main.yml").read_text()) | REQUIRED
    unsafe = {name: {"__ansible_unsafe": value} for name, value in login.items()}
    (folder / "variables.json").write_text(json.dumps(variables | unsafe))
    written = folder / "alertmanager.yml"
    source = ANSIBLE / "roles/monitoring/templates/alertmanager.yml.j2"
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ansible"), "localhost", "--connection", "local",
            "--extra-vars", f"@{folder / 'variables.json'}",
            "--extra-vars", f"ansible_python_interpreter={sys.executable}",
            "--module-name", "ansible.builtin.template", "--args", f"src={source} dest={written}",
        ],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    section: dict[str, Any] = yaml.safe_load(written.read_text())["global"]
    return section
