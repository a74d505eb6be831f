"""Machines that a plan stops, because it replaces them or changes their instance type.

An instance type of another architecture replaces a machine; any other one stops and starts it. Since all machines of a
role have the same type, that stops the whole role at once: a RabbitMQ cluster without nodes, a pool without workers.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import RunError


def stopped_together(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """Role -> names of its machines, for roles of which a plan (from `terraform show -json`) stops more than one.

    Example: `{"rabbitmq": ["celery-prod-rabbitmq-1", "celery-prod-rabbitmq-2"], "worker cpu": [...]}`
    """
    roles: dict[str, list[str]] = {}
    for change in plan.get("resource_changes", []):
        if change["type"] == "aws_instance" and _stops(change["change"]):
            tags = change["change"]["before"]["tags"]
            role = " ".join(tags[key] for key in ("Role", "Pool") if key in tags)
            roles.setdefault(role, []).append(tags["Name"])
    return {role: sorted(names) for role, names in sorted(roles.items()) if len(names) > 1}


def held(state: Mapping[str, Any], host: str) -> str:
    """The argument that keeps the instance type of every machine but `host` as in the state (`terraform show -json`).

    Raises:
        RunError: the state has no machine of that name.
    """
    machine(state, host)
    return others_held(state, host)


def others_held(state: Mapping[str, Any], host: str) -> str:
    """The same for a machine that the state need not have, because it is about to be created again."""
    sizes = {name: each["values"]["instance_type"] for name, each in machines(state).items() if name != host}
    return f"-var=held_instance_types={json.dumps(sizes)}"


def machine(state: Mapping[str, Any], host: str) -> Mapping[str, Any]:
    """The resource of a machine in the state (`terraform show -json`): its `address`, and its `values`.

    Raises:
        RunError: the state has no machine of that name.
    """
    found_machines = machines(state)
    if host not in found_machines:
        found = ", ".join(sorted(found_machines)) or "no machines"
        raise RunError(f"HOST to be one of the environment's machines, {host}", found, "name one of these")
    return found_machines[host]


def _stops(change: Mapping[str, Any]) -> bool:
    actions = set(change["actions"])
    if "update" in actions:
        return bool(change["before"]["instance_type"] != change["after"]["instance_type"])
    return {"delete", "create"} <= actions


def machines(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The resources of all machines in the state, by the machine's name."""
    return {each["values"]["tags"]["Name"]: each for each in _machines(state.get("values", {}).get("root_module"))}


def _machines(module: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The instances of a module and of its child modules."""
    if module is None:
        return
    for resource in module.get("resources", []):
        if resource["type"] == "aws_instance":
            yield resource
    for child in module.get("child_modules", []):
        yield from _machines(child)
