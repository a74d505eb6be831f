"""A whole environment, applied with a mocked provider: its resources with ids, so that references can be followed.

A plan does not know the ids of what it creates, so its JSON does not say which security group a rule admits.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import RunError
from runner.tools import terraform, terraform_variables

from documentation.configuration import CONFIGURATION

RUN = Path(__file__).with_name("applied.tftest.hcl")


@dataclass(frozen=True)
class Applied:
    """The resources, each with `address`, `type`, `name`, `index` and `values`, and the outputs by name."""

    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, Any]

    def of(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The address and values of each resource of a type."""
        for one in self.resources:
            if one["type"] == kind:
                yield one["address"], one["values"]


def applied(resolved: dict[str, Any], folder: Path) -> Applied:
    """Apply an environment's derived values in a copy of the configuration in `folder`, with a mocked provider.

    Raises:
        RunError: Terraform refused the configuration or the values.

    Example: `applied(resolve(load("prod")), Path("/tmp/x")).outputs["discovery"]["broker_url"]`
    """
    copy, environments = folder / "terraform", folder / "environments"
    ignored = shutil.ignore_patterns(".terraform", "*.tftest.hcl", "__pycache__", "*.py")
    shutil.copytree(CONFIGURATION, copy, ignore=ignored)
    shutil.copy(RUN, copy / "tests" / RUN.name)
    (environments / resolved["name"]).mkdir(parents=True)
    (environments / resolved["name"] / "resolved.json").write_text(json.dumps(resolved))
    variables = terraform_variables(folder, os.environ)
    _run(copy, variables, "init", "-backend=false")
    selection = (f"-var=environment={resolved['name']}", f"-var=environments_folder={environments}")
    lines = _run(copy, variables, "test", "-json", "-verbose", f"-filter=tests/{RUN.name}", *selection).splitlines()
    (state,) = (message["test_state"] for message in map(json.loads, lines) if message["type"] == "test_state")
    outputs = {name: output["value"] for name, output in state["outputs"].items() if "value" in output}
    return Applied(tuple(_resources(state["root_module"])), outputs)


def _run(folder: Path, variables: dict[str, str], *arguments: str) -> str:
    command = [terraform(), *arguments]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        found = "; ".join(_diagnostics(done.stdout)) or done.stderr
        raise RunError(f"terraform {arguments[0]} to succeed", found, "fix the cause and run it again")
    return done.stdout


def _diagnostics(output: str) -> Iterator[str]:
    """The errors in the JSON lines of `terraform test`."""
    for line in output.splitlines():
        if line.startswith("{") and (said := json.loads(line).get("diagnostic")):
            yield f"{said['summary']}: {said['detail']} ({said.get('range', {}).get('filename')})"


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (one for one in module.get("resources", []) if one["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from _resources(child)
