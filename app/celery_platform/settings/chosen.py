"""The environment of this process: the file that CELERY_ENVIRONMENT_FILE names."""

import os
from pathlib import Path

from celery_platform.errors import SettingsError

VARIABLE = "CELERY_ENVIRONMENT_FILE"


def is_chosen() -> bool:
    """Whether this process belongs to an environment of the platform."""
    return bool(os.environ.get(VARIABLE))


def choose(name: str) -> None:
    """Point this process and its children at the environment `name` of this checkout and its AWS account.

    While a tunnel to the environment runs, this process connects through it (`tunnelled.py`). This is meant for a
    person's machine; on hosts and in pods the variable is already set.

    Raises:
        EnvironmentFileError: there is no such environment, or its file breaks a rule.
        SettingsError: its resolved.json was never rendered.
    """
    from celery_platform.environment import load
    from celery_platform.environment.account import enter_account
    from celery_platform.environment.files import resolved_file
    from celery_platform.settings.tunnelled import connect_through, forwarded

    region = load(name).region
    file = resolved_file(name)
    if not file.exists():
        raise SettingsError(expected=f"{file}", found="no such file", remedy="Run `make render`.")
    enter_account(name, region)
    os.environ[VARIABLE] = str(file)
    connect_through(forwarded(name))


def chosen_file() -> Path:
    """The resolved.json in use.

    Raises:
        SettingsError: no environment is chosen.
    """
    if not os.environ.get(VARIABLE):
        raise SettingsError(
            expected=f"the variable {VARIABLE} or the option --env",
            found="neither",
            remedy="Name an environment, for example `app worker --env local --pool io`.",
        )
    return Path(os.environ[VARIABLE])
