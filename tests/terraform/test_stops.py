"""Machines of a role that a plan stops at the same time, and a plan for only one of them."""

from typing import Any

import pytest
from runner.errors import RunError
from runner.stops import held, stopped_together

NODES = [f"celery-prod-rabbitmq-{number}" for number in (1, 2, 3)]


def machine(name: str, *actions: str, sizes: tuple[str, str] = ("m7i.large", "m7i.large"), pool: str = "") -> Any:
    """A resource change as in `terraform show -json`."""
    tags = {"Name": name, "Role": "worker" if pool else "rabbitmq"} | ({"Pool": pool} if pool else {})
    before, after = ({"tags": tags, "instance_type": size} for size in sizes)
    change = {"actions": list(actions), "before": None if actions == ("create",) else before, "after": after}
    return {"address": f'module.host["{name}"].aws_instance.this', "type": "aws_instance", "change": change}


def test_machines_that_are_replaced_or_resized_are_named_by_role() -> None:
    resized = ("m7i.large", "m7i.xlarge")
    plan = {
        "resource_changes": [
            *(machine(name, "delete", "create") for name in NODES),
            *(machine(f"cpu-{number}", "update", sizes=resized, pool="cpu") for number in (1, 2)),
        ]
    }

    assert stopped_together(plan) == {"rabbitmq": NODES, "worker cpu": ["cpu-1", "cpu-2"]}


@pytest.mark.parametrize("actions", [("create",), ("update",), ("delete",), ("no-op",)])
def test_machines_that_are_made_or_tagged_or_removed_are_not(actions: tuple[str, ...]) -> None:
    assert stopped_together({"resource_changes": [machine(name, *actions) for name in NODES]}) == {}


def test_one_machine_of_each_role_may_stop() -> None:
    one = [machine(NODES[0], "delete", "create"), machine("cpu-1", "delete", "create", pool="cpu")]

    assert stopped_together({"resource_changes": one}) == {}


def test_every_other_machine_is_held_at_the_size_that_it_has() -> None:
    assert held(_state(NODES), NODES[0]) == (
        '-var=held_instance_types={"celery-prod-rabbitmq-2": "m7i.large", "celery-prod-rabbitmq-3": "m7i.large"}'
    )


@pytest.mark.parametrize(("state", "message"), [({}, "no machines"), ({"names": NODES}, NODES[2])])
def test_a_machine_that_was_never_made_is_refused(state: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError, match=message):
        held(_state(state["names"]) if state else state, "celery-prod-rabbitmq-4")


def _state(names: list[str]) -> dict[str, Any]:
    """A state as in `terraform show -json`, with each machine in its own module."""
    machines = [
        {"resources": [{"type": "aws_instance", "values": {"tags": {"Name": name}, "instance_type": "m7i.large"}}]}
        for name in names
    ]
    group = {"resources": [{"type": "aws_ebs_volume", "values": {}}], "child_modules": machines}
    return {"values": {"root_module": {"child_modules": [group]}}}
