"""A Mermaid diagram of a plan: its modules, how many resources each creates, and their dependencies."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]

BEGIN, END = "<!-- diagram: make terraform-docs -->", "<!-- end of diagram -->"


def mermaid(plan: Json, local_values: Mapping[str, Iterable[str]]) -> str:
    """The diagram of a plan from `terraform show -json`. `local_values` maps each local to the modules that it uses.

    Example: `mermaid(plan, {})` contains `network["network<br/>38 resources"]` and `network --> eks`.
    """
    calls = plan["configuration"]["root_module"]["module_calls"]
    counts = Counter(_module(change["address"]) for change in plan["resource_changes"] if change["mode"] == "managed")
    lines = ["```mermaid", "flowchart LR"]
    for name in sorted(calls):
        if counts[name]:
            plural = "resource" if counts[name] == 1 else "resources"
            lines.append(f'  {name}["{name}<br/>{counts[name]} {plural}"]')
    for name in sorted(calls):
        lines += [
            f"  {needed} --> {name}"
            for needed in sorted(_needs(calls, name, local_values))
            if counts[name] and counts[needed]
        ]
    return "\n".join([*lines, "```"])


def placed(text: str, diagram: str) -> str:
    """A README with the diagram between its two markers.

    Raises:
        ValueError: the README lacks the markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} and {END} in the README")
    return f"{before}{begin}\n{diagram}\n{end}{after}"


def _module(address: str) -> str:
    match = re.match(r"module\.([a-z0-9_]+)", address)
    return match[1] if match else ""


def _needs(calls: Json, name: str, local_values: Mapping[str, Iterable[str]]) -> set[str]:
    """The modules whose outputs this module's inputs use, directly or through locals.

    Network clients (`clients`) are left out: they would connect everything with everything.
    """
    references = list(_references(calls[name].get("expressions", {})))
    found = {_module(reference) for reference in references}
    found |= {module for reference in references for module in local_values.get(reference.removeprefix("local."), ())}
    return {module for module in found if module in calls and module != name}


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, dict):
        yield from expression.get("references", [])
        for value in expression.values():
            yield from _references(value)
    elif isinstance(expression, list):
        for value in expression:
            yield from _references(value)
