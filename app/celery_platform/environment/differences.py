"""The differences between two environments, or two revisions of one, as sentences for a reviewer."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from celery_platform.environment.derived.addresses import kept
from celery_platform.environment.effects import effects
from celery_platform.environment.errors import EnvironmentFileError, Problem
from celery_platform.environment.files import resolved_file
from celery_platform.environment.load import FILE_NAME, environments_folder, load, names, parse
from celery_platform.environment.model import Environment
from celery_platform.environment.resolve import resolve


def in_words(before: dict[str, Any], after: dict[str, Any], path: str = "") -> Iterator[str]:
    """Each difference between two resolved environments as one line.

    Example: `list(in_words({"a": 1}, {"a": 2})) == ["a changes from 1 to 2"]`
    """
    for key in [*before, *(key for key in after if key not in before)]:
        here = f"{path}.{key}" if path else key
        if key not in after:
            yield f"{here} is removed (was {_short(before[key])})"
        elif key not in before:
            yield f"{here} is added: {_short(after[key])}"
        elif isinstance(before[key], dict) and isinstance(after[key], dict):
            yield from in_words(before[key], after[key], here)
        elif before[key] != after[key]:
            yield f"{here} changes from {_short(before[key])} to {_short(after[key])}"


def between(left: str, right: str) -> list[str]:
    """The differences from `left` to `right`, each an environment (`prod`) or one at a git revision (`prod@main`)."""
    return list(in_words(_resolved(left), _resolved(right)))


def _resolved(reference: str) -> dict[str, Any]:
    """The derived values, with the addresses that hosts have in the resolved.json of the same revision."""
    name, _, revision = reference.partition("@")
    file = resolved_file(name)
    if revision:
        text = _shown(revision, name, file.name).stdout.decode(errors="replace")
    else:
        text = file.read_text() if file.exists() else ""
    environment = _at(reference)
    try:
        return resolve(environment, kept(json.loads(text)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return resolve(environment)


def _shown(revision: str, name: str, file: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "show", f"{revision}:./{name}/{file}"]
    return subprocess.run(command, cwd=environments_folder(), capture_output=True, check=False)


def effects_between(left: str, right: str) -> list[str]:
    """What an apply of `right` would replace, destroy or stop where `left` is applied; both as for `between`."""
    return [str(effect) for effect in effects(_resolved(left), _resolved(right))]


def _at(reference: str) -> Environment:
    name, _, revision = reference.partition("@")
    if not revision:
        return load(name)
    shown = _shown(revision, name, FILE_NAME)
    file = environments_folder() / name / FILE_NAME
    if shown.returncode:
        allowed = f"a revision that has one of: {', '.join(names())}"
        raise EnvironmentFileError(file, [Problem("ENV", repr(reference), allowed)])
    return parse(shown.stdout, file)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value)} keys ({', '.join(value)})" if value else "nothing"
    return repr(value)
