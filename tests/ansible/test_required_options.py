"""A role refuses a play that leaves a required option out, before its first task.

A single run of Ansible has a host for each option, with all required variables except that option. The hosts are
unreachable, so a role whose validation passes does nothing to this machine.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.roles import ANSIBLE, ROLES, options, required

pytestmark = pytest.mark.server  # runs a playbook

VALUES: dict[str, object] = {"str": "text", "path": "/nowhere", "int": 30, "dict": {"key": "value"}, "list": ["item"]}
UNREACHABLE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
COMPLETE = "{role}_is_complete"


def _hosts(role: Path) -> dict[str, Any]:
    """A host for each required option, which it lacks, and one that has them all."""
    values = {name: VALUES[options(role)[name]["type"]] for name in required(role)}
    lacking = {name: {key: value for key, value in values.items() if key != name} for name in values}
    return {name: UNREACHABLE | found for name, found in (lacking | {COMPLETE.format(role=role.name): values}).items()}


@pytest.fixture(scope="module")
def validations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The result of the validation of a role's arguments, by host."""
    folder = tmp_path_factory.mktemp("required")
    groups = {f"role_{role.name}": {"hosts": _hosts(role)} for role in ROLES}
    tasks = [
        {"ansible.builtin.include_role": {"name": role.name}, "when": f"inventory_hostname in groups.role_{role.name}"}
        for role in ROLES
    ]
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    run = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", folder / "play.yml"],
        env=os.environ
        | {"ANSIBLE_ROLES_PATH": str(ANSIBLE / "roles"), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        cwd=folder, text=True, check=False, timeout=120, capture_output=True,
    )  # fmt: skip
    return {
        host: answer
        for task in json.loads(run.stdout)["plays"][0]["tasks"] if "Validating arguments" in task["task"]["name"]
        for host, answer in task["hosts"].items() if not answer.get("skipped")
    }  # fmt: skip


@pytest.mark.parametrize("option", [name for role in ROLES for name in required(role)])
def test_a_play_without_a_required_option_is_refused(validations: dict[str, dict[str, Any]], option: str) -> None:
    assert validations[option].get("argument_errors") == [f"missing required arguments: {option}"]


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_a_play_with_all_of_them_is_not(validations: dict[str, dict[str, Any]], role: str) -> None:
    assert validations[COMPLETE.format(role=role)]["msg"] == "The arg spec validation passed"
