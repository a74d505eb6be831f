"""The differences between two environments, or two revisions of one, as sentences for a reviewer."""

import subprocess
from collections.abc import Iterator
from typing import Any

from celery_platform.environment.effects import effects
from celery_platform.environment.errors import EnvironmentFileError, Problem
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
    return list(in_words(resolve(_at(left)), resolve(_at(right))))


def effects_between(left: str, right: str) -> list[str]:
    """What an apply of `right` would replace, destroy or stop where `left` is applied; both as for `between`."""
    return [str(effect) for effect in effects(resolve(_at(left)), resolve(_at(right)))]


def _at(reference: str) -> Environment:
    name, _, revision = reference.partition("@")
    if not revision:
        return load(name)
    folder = environments_folder()
    shown = subprocess.run(
        ["git", "show", f"{revision}:./{name}/{FILE_NAME}"], cwd=folder, capture_output=True, check=False
    )
    file = folder / name / FILE_NAME
    if shown.returncode:
        allowed = f"a revision that has one of: {', '.join(names())}"
        raise EnvironmentFileError(file, [Problem("ENV", repr(reference), allowed)])
    return parse(shown.stdout, file)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value)} keys ({', '.join(value)})" if value else "nothing"
    return repr(value)
