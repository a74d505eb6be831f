"""Set the variables and secrets of the application's processes before the application is imported.

On hosts, in pods and on a person's machine alike, the process itself reads its secrets, so they appear in no unit,
manifest, command line or log. A secret as a file is written to memory, for this process and its children only.
"""

import os
from collections.abc import Mapping
from typing import Any

from celery_platform.application.secret_files import write_secret_files
from celery_platform.errors import SettingsError
from celery_platform.settings import Resolved, Runtime


def set_variables(runtime: Runtime, part: str | None = None) -> None:
    """Set the application's variables, and those of `part`, a pool or a process, in this process's environment.

    A variable that is already set overrides a literal value, so that a person can try another one. A secret always
    comes from the account.

    Raises:
        SettingsError: a secret cannot be read, or the environment has no such pool or process.

    Example: `set_variables(runtime(), "io")`
    """
    for name, value in plain_variables(runtime, part).items():
        os.environ.setdefault(name, value)
    uses = secrets_of(runtime.environment, part)
    values = {name: _secret(runtime, name, use["secret"]) for name, use in uses.items()}
    files = write_secret_files({name: value for name, value in values.items() if uses[name]["as"] == "file"})
    os.environ.update(values | files)


def _secret(runtime: Runtime, variable: str, label: str) -> str:
    if label not in runtime.environment.secrets:
        raise SettingsError(
            expected=f"a secret {label} for the variable {variable}",
            found=f"in environment {runtime.environment.name}: {', '.join(runtime.environment.secrets) or 'none'}",
            remedy="Run `make render`; Terraform creates the secret.",
        )
    try:
        return runtime.secret(label)
    except SettingsError as error:
        raise SettingsError(
            expected=f"the value of the variable {variable}, the secret {runtime.environment.secrets[label]}",
            found=error.found,
            remedy="Apply Terraform, then give the secret a value (`aws secretsmanager put-secret-value`); "
            "this process needs the permission secretsmanager:GetSecretValue on it.",
        ) from None


def plain_variables(runtime: Runtime, part: str | None = None) -> dict[str, str]:
    """All variables without secrets: the application's, those of services, the names of buckets, the part's own."""
    environment = runtime.environment
    buckets = {f"BUCKET_{label.upper()}": name for label, name in runtime.discovery.buckets.items()}
    own = environment.part(part).variables if part else {}
    return {**environment.application["variables"], **buckets, **own}


def secrets_of(environment: Resolved, part: str | None = None) -> Mapping[str, Any]:
    """Variable -> its secret and how it is given; an own variable of a part replaces the secret of the same name."""
    everywhere: Mapping[str, Any] = environment.application["secrets"]
    if part is None:
        return everywhere
    own = environment.part(part)
    return {**{name: use for name, use in everywhere.items() if name not in own.variables}, **own.secrets}
