"""`make replace`: the order of its steps, and where it continues after an interruption."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from runner.errors import RunError
from runner.replacement import FREE, JOIN, Replacement, replace

from tests.terraform.deployment import Deployment

HOST = "celery-prod-rabbitmq-2"
ADDRESS = f'module.rabbitmq_hosts[0].module.host["{HOST}"].aws_instance.this'


class Machine:
    """A machine whose instance is replaced, and the steps that were taken. A step named in `fails` fails."""

    def __init__(self, folder: Path) -> None:
        self.replacement = Replacement(HOST, folder / "record.json")
        self.instance: str | None = "i-old"
        self.steps: list[str] = []
        self.fails = ""

    def state(self) -> dict[str, Any]:
        tags = {"Name": HOST, "Role": "rabbitmq"}
        values = {"id": self.instance, "tags": tags, "instance_type": "m7i.large"}
        machines = [{"type": "aws_instance", "address": ADDRESS, "values": values}] if self.instance else []
        return {"values": {"root_module": {"resources": machines}}}

    def apply(self) -> None:
        self._step("apply")
        self.instance = "i-new"

    def playbook(self, file: str, **_: bool) -> None:
        self._step(file)

    def replace(self, *, lost: bool = False) -> list[str]:
        """Take the steps that are left; returns them."""
        self.steps.clear()
        replace(self.replacement, self.state, self.apply, self.playbook, lost=lost)
        return self.steps

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.fails:
            raise RunError(name, "an interruption", "run it again")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def interrupted(machine: Machine, step: str) -> None:
    machine.fails = step
    with pytest.raises(RunError):
        machine.replace()
    machine.fails = ""


def test_a_machine_is_freed_before_its_instance_is_replaced_and_joins_after_that(machine: Machine) -> None:
    assert machine.replace() == [FREE, "apply", JOIN]


def test_a_machine_that_was_replaced_can_be_replaced_again(machine: Machine) -> None:
    machine.replace()
    machine.instance = "i-newer"

    assert machine.replace() == [FREE, "apply", JOIN]


@pytest.mark.parametrize("step", [FREE, "apply"])
def test_before_the_new_instance_an_interrupted_replacement_begins_again(machine: Machine, step: str) -> None:
    interrupted(machine, step)

    assert machine.replace() == [FREE, "apply", JOIN]


def test_after_an_apply_that_removed_the_old_instance_only_a_new_one_is_created(machine: Machine) -> None:
    interrupted(machine, "apply")
    machine.instance = None

    assert machine.replace() == ["apply", JOIN]


def test_a_new_instance_that_has_not_joined_is_not_replaced_once_more(machine: Machine) -> None:
    interrupted(machine, JOIN)

    assert machine.replace() == [JOIN]


def test_a_machine_that_is_not_there_is_refused(machine: Machine) -> None:
    machine.instance = None

    with pytest.raises(RunError, match="no machines"):
        machine.replace()


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_an_interrupted_replacement_continues_with_its_new_instance_and_the_old_data(
    apply: Callable[[str, str], Deployment], tmp_path: Path
) -> None:
    deployment = apply("prod", "rabbitmq")
    before = _machines(deployment)
    calls, path = tmp_path / "calls", {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    # A stand-in for Ansible, because the emulated account has no hosts; the scenario hard_day runs these playbooks.
    _stand_in(tmp_path / "ansible-playbook", f'echo "$1" >>{calls}\n[ "$1" != {JOIN} ]')

    first = deployment.run("replace", HOST, "--yes", **path)
    between = _machines(deployment)
    _stand_in(tmp_path / "ansible-playbook", f'echo "$1" >>{calls}')
    second = deployment.run("replace", HOST, "--yes", **path)

    assert first.returncode != 0
    assert f"run `make replace ENV=prod HOST={HOST}` again" in first.stdout
    assert [name for name in before if between[name] != before[name]] == [HOST]
    assert between[HOST].instance != before[HOST].instance
    assert between[HOST].volumes == before[HOST].volumes
    assert second.returncode == 0, second.stdout
    assert _machines(deployment) == between
    assert calls.read_text().split() == [FREE, JOIN, JOIN]


@dataclass(frozen=True)
class Found:
    """An instance in the account, and the names of the data volumes that are attached to it."""

    instance: str
    volumes: tuple[str, ...]


def _machines(deployment: Deployment) -> dict[str, Found]:
    client = deployment.client("ec2")
    attached: dict[str, list[str]] = {}
    for volume in client.describe_volumes()["Volumes"]:
        if any(tag["Key"] == "Name" and tag["Value"].endswith("-data") for tag in volume.get("Tags", [])):
            for attachment in volume["Attachments"]:
                attached.setdefault(attachment["InstanceId"], []).append(volume["VolumeId"])
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    instances = [
        instance
        for reservation in client.describe_instances(Filters=running)["Reservations"]
        for instance in reservation["Instances"]
    ]
    return {
        next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == "Name"): Found(
            instance["InstanceId"], tuple(sorted(attached.get(instance["InstanceId"], [])))
        )
        for instance in instances
    }


def _stand_in(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
