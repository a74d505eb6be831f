"""Read an environment file and say plainly what is wrong with it."""

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from celery_platform.environment.errors import EnvironmentFileError, Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.rules import broken

FILE_NAME = "environment.yml"


def environments_folder() -> Path:
    """The folder that holds one folder per environment: `$ENVIRONMENTS` or `environments/` of the checkout."""
    return Path(os.environ.get("ENVIRONMENTS") or Path(__file__).parents[3] / "environments")


def names() -> list[str]:
    """The environments there are."""
    return sorted(file.parent.name for file in environments_folder().glob(f"*/{FILE_NAME}"))


def load(name: str) -> Environment:
    """Read and check one environment.

    Raises:
        EnvironmentFileError: there is no such environment, or its file is not YAML, has a wrong key or type, or breaks
            a rule.

    Example: `load("prod").broker.kind`
    """
    file = environments_folder() / name / FILE_NAME
    if name not in names():
        raise EnvironmentFileError(file, [Problem("ENV", repr(name), f"one of: {', '.join(names())}")])
    return parse(file.read_text(), file)


def parse(text: str, file: Path) -> Environment:
    """Check the text of an environment file; `file` is named in errors and its folder must equal `name`."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise EnvironmentFileError(file, [Problem("", " ".join(str(error).split()), "YAML")]) from None
    try:
        environment = Environment.model_validate(data)
    except ValidationError as error:
        raise EnvironmentFileError(file, [_problem(dict(detail)) for detail in error.errors()]) from None
    problems = broken(environment)
    if environment.name != file.parent.name:
        problems.insert(0, Problem("name", repr(environment.name), f"the folder's name, {file.parent.name!r}"))
    if problems:
        raise EnvironmentFileError(file, problems)
    return environment


def _problem(detail: dict[str, Any]) -> Problem:
    path = ".".join(str(part) for part in detail["loc"] if part != "[key]")
    if detail["type"] == "extra_forbidden":
        return Problem(
            path,
            "an unknown key",
            f"see environments/environment.schema.json for the keys of {path.rpartition('.')[0] or 'the file'}",
        )
    if detail["type"] == "missing":
        return Problem(path, "nothing", "a value; the key is required")
    return Problem(path, repr(detail["input"]), detail["msg"])
