"""Tags: `ansible-playbook site.yml --tags configure` runs a complete part of the work.

A task without a tag would be skipped in every such run, so each has one. ansible/README.md describes the tags.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.roles import ANSIBLE, ROLES, read

pytestmark = pytest.mark.server  # runs ansible-playbook

KNOWN = {"always", "install", "configure", "cluster"}
OPERATIONS = [ANSIBLE / "drain.yml", ANSIBLE / "patch.yml", *sorted((ANSIBLE / "operations").glob("*/*.yml"))]
TASK = re.compile(r"^ {6}(?P<task>.+?)\tTAGS: \[(?P<tags>.*)\]$", re.MULTILINE)
# Listing tasks needs no hosts, so no account.
NO_HOSTS = {
    "ANSIBLE_INVENTORY": "/dev/null", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
}  # fmt: skip


def _tags(playbook: Path) -> list[tuple[str, set[str]]]:
    """Each task of a playbook, and its tags, as `ansible-playbook --list-tasks` lists them."""
    listed = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "--list-tasks", playbook],
        cwd=ANSIBLE, env=os.environ | NO_HOSTS, text=True, check=True, timeout=120, capture_output=True,
    ).stdout  # fmt: skip
    return [(match["task"], set(filter(None, match["tags"].split(", ")))) for match in TASK.finditer(listed)]


def _within(found: Any, key: str) -> Iterator[Any]:
    """Every value of `key`, at any depth of a playbook or a file of tasks."""
    for value in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _within(value, key)
    if isinstance(found, dict) and key in found:
        yield found[key]


def _entry_points(role: str) -> set[str]:
    """The task files with which plays start, except those of operations, where the play has the tag."""
    plays = [read(file) for file in sorted(ANSIBLE.glob("*.yml")) if file not in OPERATIONS]
    included = [found for found in _within(plays, "ansible.builtin.include_role") if found["name"] == role]
    return {"main"} | {found.get("tasks_from", "main") for found in included}


@pytest.fixture(scope="module")
def tasks_of_roles(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, set[str]]]:
    playbook = tmp_path_factory.mktemp("tags") / "play.yml"
    tasks = [
        {"ansible.builtin.import_role": {"name": role.name, "tasks_from": name}}
        for role in ROLES for name in _entry_points(role.name)
    ]  # fmt: skip
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "tasks": tasks}]))
    return _tags(playbook)


@pytest.fixture(scope="module")
def tasks_of_site() -> list[tuple[str, set[str]]]:
    return _tags(ANSIBLE / "site.yml")


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_each_task_of_a_role_has_one_of_the_tags(tasks_of_roles: list[tuple[str, set[str]]], role: str) -> None:
    listed = [(task, tags) for task, tags in tasks_of_roles if task.startswith(f"{role} : ")]

    assert listed
    assert [(task, tags) for task, tags in listed if not tags or not tags <= KNOWN] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_tasks_that_are_included_inherit_their_tags(role: Path) -> None:
    """Included tasks do not inherit the tags of an `include_tasks`, only those of a block or import around it."""
    tasks = [task for file in role.glob("tasks/**/*.yml") for task in _tasks(read(file))]

    assert [task["name"] for task in tasks if "ansible.builtin.include_tasks" in task and "tags" in task] == []


def _tasks(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in found:
        yield task
        for part in ("block", "rescue", "always"):
            yield from _tasks(task.get(part, []))


def test_each_task_of_the_site_has_one_of_the_tags(tasks_of_site: list[tuple[str, set[str]]]) -> None:
    assert [(task, tags) for task, tags in tasks_of_site if not tags or not tags <= KNOWN | {"build"}] == []


@pytest.mark.parametrize("playbook", OPERATIONS, ids=lambda file: file.stem)
def test_an_operation_is_tagged_as_a_whole(playbook: Path) -> None:
    assert [play["name"] for play in read(playbook) if play.get("tags") != ["operations"]] == []


def test_a_part_of_the_site_begins_with_its_preflight(tasks_of_site: list[tuple[str, set[str]]]) -> None:
    listed = [task for task, tags in tasks_of_site if "always" in tags]

    assert "Compare the running hosts with the environment" in " ".join(listed)
    assert "rabbitmq : Gather the facts of the host" in listed
