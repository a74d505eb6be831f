"""The inventory plugin: its requests to AWS, and its error messages."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.loaded import loaded

REPOSITORY = Path(__file__).parents[2]
PLUGIN = REPOSITORY / "ansible" / "plugins" / "inventory" / "environment.py"
CONNECTION = REPOSITORY / "ansible" / "plugins" / "connection" / "session_manager.py"


def _options(**hosts: str) -> dict[str, Any]:
    tags = {"Environment": "prod", "Project": "shop", "Name": "celery-prod-*"}
    resolved = {"region": "eu-west-1", "machine_tags": tags, "hosts": hosts}
    return dict(loaded(PLUGIN).aws_ec2_options(resolved))


def _inventory(environment: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ansible-inventory")
    return subprocess.run(
        [program, "--list"],
        cwd=REPOSITORY / "ansible",
        env=os.environ | {"ENV": environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_asks_for_running_hosts_of_this_environment_only() -> None:
    options = _options(connection="ansible.builtin.ssh")
    assert options["filters"] == {
        "tag:Environment": "prod",
        "tag:Project": "shop",
        "tag:Name": "celery-prod-*",
        "instance-state-name": "running",
    }
    assert options["regions"] == ["eu-west-1"]


@pytest.mark.parametrize(
    ("connection", "plugin", "variable", "expression"),
    [
        ("ansible.builtin.ssh", "ansible.builtin.ssh", "ansible_host", "private_ip_address"),
        ("amazon.aws.aws_ssm", "session_manager", "ansible_aws_ssm_instance_id", "instance_id"),
        ("containers.podman.podman", "containers.podman.podman", "ansible_host", "tags.Name"),
    ],
)
def test_each_connection_names_a_host_its_own_way(connection: str, plugin: str, variable: str, expression: str) -> None:
    compose = _options(connection=connection)["compose"]
    assert compose["ansible_connection"] == f"'{plugin}'"
    assert compose[variable] == expression


def test_a_session_is_never_idle_while_a_command_runs() -> None:
    """AWS ends an idle session after a minute at the earliest, and 20 minutes by default."""
    documented = ast.parse(CONNECTION.read_text())
    (text,) = (
        node.value.value
        for node in documented.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "DOCUMENTATION"
    )
    options = yaml.safe_load(str(text))["options"]

    assert options["answer_seconds"]["default"] < options["ssm_timeout"]["default"] <= 60


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    result = _inventory("nope")
    assert result.returncode != 0
    assert "ENV=nope: there is no such environment. Expected one of: dev, local, prod, staging" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.server
def test_an_account_that_does_not_answer_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "local"
    (folder / "aws").mkdir(parents=True)
    source = REPOSITORY / "environments" / "local"
    for name in ("environment.yml", "resolved.json", "aws/credentials"):
        (folder / name).write_text((source / name).read_text())
    (folder / "aws" / "config").write_text("[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("ENVIRONMENTS", str(tmp_path))
    result = _inventory("local")
    assert result.returncode != 0
    assert "cannot list the hosts of environment local at http://127.0.0.1:9" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_environment_without_hosts_asks_nobody_and_has_empty_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "local"
    folder.mkdir()
    source = REPOSITORY / "environments" / "local"
    (folder / "environment.yml").write_text((source / "environment.yml").read_text())
    resolved = json.loads((source / "resolved.json").read_text()) | {
        "rabbitmq_hosts": {}, "worker_hosts": {}, "monitoring_hosts": {}
    }  # fmt: skip
    (folder / "resolved.json").write_text(json.dumps(resolved))
    monkeypatch.setenv("ENVIRONMENTS", str(tmp_path))
    result = _inventory("local")
    assert result.returncode == 0, result.stderr
    assert "celery-local-rabbitmq-1" not in json.loads(result.stdout)["_meta"]["hostvars"]
