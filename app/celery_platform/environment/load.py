"""Read an environment file and report every problem in it."""

import os
from dataclasses import replace
from pathlib import Path

from celery_platform.environment.checkout import checkout
from celery_platform.environment.errors import PROBLEMS_SHOWN, EnvironmentFileError, Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.reading import read
from celery_platform.environment.reading.characters import MAX_BYTES
from celery_platform.environment.rules import broken
from celery_platform.environment.typed import checked
from celery_platform.environment.urls import unreadable
from celery_platform.environment.words import did_you_mean

FILE_NAME = "environment.yml"
_ONE_OF = "one of: "


def environments_folder() -> Path:
    """The folder that holds one folder per environment: `$ENVIRONMENTS` or `environments/` of the checkout."""
    return Path(os.environ.get("ENVIRONMENTS") or checkout() / "environments")


def names() -> list[str]:
    """The names of all environments, sorted."""
    return sorted(file.parent.name for file in environments_folder().glob(f"*/{FILE_NAME}"))


def load(name: str) -> Environment:
    """Read and check one environment.

    Raises:
        EnvironmentFileError: there is no such environment, or its file cannot be read, is not YAML, has a wrong key or
            type, or breaks a rule.

    Example: `load("prod").broker.kind`
    """
    file = environments_folder() / name / FILE_NAME
    if name not in names():
        raise EnvironmentFileError(file, [Problem("ENV", repr(name), f"{_ONE_OF}{', '.join(names())}")])
    return parse(_content(file), file)


def parse(content: bytes, file: Path) -> Environment:
    """Check the content of an environment file. Errors name `file`; its folder must be called like the environment.

    Raises:
        EnvironmentFileError: as `load`.

    Example: `parse(file.read_bytes(), file).name == file.parent.name`
    """
    document = read(content, file)
    environment = checked(document)
    if isinstance(environment, list):
        raise EnvironmentFileError(file, environment)
    problems = list(unreadable(environment)) or broken(environment)
    if environment.name != file.parent.name:
        problems.insert(0, Problem("name", repr(environment.name), f"the folder's name, {file.parent.name!r}"))
    if problems:
        placed = [replace(problem, line=document.line(problem.path)) for problem in problems]
        placed.sort(key=lambda problem: problem.line or 0)
        raise EnvironmentFileError(file, [*map(_hinted, placed[:PROBLEMS_SHOWN]), *placed[PROBLEMS_SHOWN:]])
    return environment


def _content(file: Path) -> bytes:
    """The file's content, cut one byte after the allowed size: enough to refuse a file that is too long."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        problem = Problem("", f"a file that cannot be read ({error.strerror})", "a file that this user may read")
        raise EnvironmentFileError(file, [problem]) from None


def _hinted(problem: Problem) -> Problem:
    """The problem, with the closest valid name added if the value has to be one of several names."""
    if not problem.allowed.startswith(_ONE_OF) or not problem.found.startswith("'"):
        return problem
    hint = did_you_mean(problem.found.strip("'"), problem.allowed.removeprefix(_ONE_OF).split(", "))
    return replace(problem, allowed=problem.allowed + hint)
