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
    sizes = {
        each["tags"]["Name"]: each["instance_type"] for each in _machines(state.get("values", {}).get("root_module"))
    }
    if host not in sizes:
        found = ", ".join(sorted(sizes)) or "no machines"
        raise RunError(f"HOST to be one of the environment's machines, {host}", found, "name one of these")
    return f"-var=held_instance_types={json.dumps({name: size for name, size in sizes.items() if name != host})}"


def _stops(change: Mapping[str, Any]) -> bool:
    actions = set(change["actions"])
    if "update" in actions:
        return bool(change["before"]["instance_type"] != change["after"]["instance_type"])
    return {"delete", "create"} <= actions


def _machines(module: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The instances of a module and of its child modules."""
    if module is None:
        return
    for resource in module.get("resources", []):
        if resource["type"] == "aws_instance":
            yield resource["values"]
    for child in module.get("child_modules", []):
        yield from _machines(child)
