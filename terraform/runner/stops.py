"""Machines that a plan stops: it replaces them, or gives them another size, which EC2 does to a stopped machine only.

A size of another architecture replaces a machine; any other size stops and starts it. Either happens to all machines of
a role at the same time, since they have one size: a RabbitMQ cluster without a node, a pool without a worker.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import RunError


def stopped_together(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """Role -> names of its machines, where a plan, as `terraform show -json` puts it, stops more than one of them.

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
    """The argument by which every machine but `host` keeps the size it has in the state, `terraform show -json`.

    Raises:
        RunError: no machine of that name was made.
    """
    sizes = {
        each["tags"]["Name"]: each["instance_type"] for each in _machines(state.get("values", {}).get("root_module"))
    }
    if host not in sizes:
        found = ", ".join(sorted(sizes)) or "no machine at all"
        raise RunError(f"HOST to be one of the environment's machines, {host}", found, "name one of these")
    return f"-var=held_instance_types={json.dumps({name: size for name, size in sizes.items() if name != host})}"


def _stops(change: Mapping[str, Any]) -> bool:
    actions = set(change["actions"])
    if "update" in actions:
        return bool(change["before"]["instance_type"] != change["after"]["instance_type"])
    return {"delete", "create"} <= actions


def _machines(module: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The instances of a module and of those within it."""
    if module is None:
        return
    for resource in module.get("resources", []):
        if resource["type"] == "aws_instance":
            yield resource["values"]
    for child in module.get("child_modules", []):
        yield from _machines(child)
