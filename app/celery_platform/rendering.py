"""Write the generated files: `resolved.json` and the Prometheus rules of an environment, the JSON Schema of editors.

The README beside the environments has a generated part, too: the table of rules.
"""

import json
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from celery_platform.environment import rules_table
from celery_platform.environment.derived.addresses import kept
from celery_platform.environment.errors import EnvironmentFileError, Problem
from celery_platform.environment.files import resolved_file, rules_file
from celery_platform.environment.load import environments_folder, load
from celery_platform.environment.model import Environment
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts import render as rules

SCHEMA_FILE = "environment.schema.json"
README = "README.md"


def to_text(data: Any) -> str:
    """JSON as it is committed: indented, keys in the order of the file they come from, one final newline."""
    return json.dumps(data, indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of an environment file."""
    return Environment.model_json_schema()


def earlier_addresses(name: str) -> dict[str, IPv4Address]:
    """The addresses of an environment's hosts, which its resolved.json keeps; empty if it was never rendered.

    Raises:
        EnvironmentFileError: the file cannot be read. Without it, hosts would get other addresses and be replaced.
    """
    file = resolved_file(name)
    if not file.exists():
        return {}
    try:
        return kept(json.loads(file.read_text()))
    except (ValueError, KeyError, TypeError, AttributeError):
        allowed = "the last committed one (`git checkout` it and render again): it keeps the addresses of hosts"
        raise EnvironmentFileError(file, [Problem("", "derived values that cannot be read", allowed)]) from None


def generated(names: list[str], known: Mapping[str, Environment] | None = None) -> dict[Path, str]:
    """Each generated file and the text it should have, for the environments named and the schema they share.

    Environments in `known` have been read already.
    """
    files = {environments_folder() / SCHEMA_FILE: to_text(schema())}
    readme = environments_folder() / README
    if readme.exists():
        files[readme] = rules_table.put_into(readme.read_text())
    for name in names:
        resolved = resolve((known or {}).get(name) or load(name), earlier_addresses(name))
        files[resolved_file(name)] = to_text(resolved)
        files[rules_file(name)] = rules.to_text(resolved)
    return files


def write(names: list[str]) -> list[Path]:
    """Write what has changed and return it."""
    changed = [(file, text) for file, text in generated(names).items() if not file.exists() or file.read_text() != text]
    for file, text in changed:
        file.write_text(text)
    return [file for file, _ in changed]


def stale(names: list[str], known: Mapping[str, Environment] | None = None) -> list[Path]:
    """The generated files that no longer match their source; CI fails on any. `known` is as for `generated`."""
    return [file for file, text in generated(names, known).items() if not file.exists() or file.read_text() != text]
