"""Which environment this process runs in: the file that CELERY_ENVIRONMENT_FILE names."""

import os
from pathlib import Path

from celery_platform.errors import SettingsError

VARIABLE = "CELERY_ENVIRONMENT_FILE"


def is_chosen() -> bool:
    """Whether this process belongs to an environment of the platform."""
    return bool(os.environ.get(VARIABLE))


def choose(name: str) -> None:
    """Make this process, and those it starts, work on the environment `name` of this checkout and on its AWS account.

    For a person's machine; hosts and pods carry the variable already.

    Raises:
        EnvironmentFileError: there is no such environment, or its file breaks a rule.
        SettingsError: its values were never rendered.
    """
    from celery_platform.environment import load
    from celery_platform.environment.account import enter_account
    from celery_platform.environment.files import resolved_file

    region = load(name).region
    file = resolved_file(name)
    if not file.exists():
        raise SettingsError(expected=f"{file}", found="no such file", remedy="Run `make render`.")
    enter_account(name, region)
    os.environ[VARIABLE] = str(file)


def chosen_file() -> Path:
    """The resolved.json in use.

    Raises:
        SettingsError: no environment was chosen.
    """
    if not os.environ.get(VARIABLE):
        raise SettingsError(
            expected=f"the variable {VARIABLE} or the option --env",
            found="neither",
            remedy="Name an environment, for example `app worker --env local --pool io`.",
        )
    return Path(os.environ[VARIABLE])
