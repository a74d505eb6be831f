"""Rules about the application's package, the content types its workers accept, and the names of its secrets."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from celery_platform.environment.checkout import checkout
from celery_platform.environment.derived.application import secret_labels
from celery_platform.environment.derived.secrets import OF_ALERTS, OWN
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# The platform's package; there can be only one of this name on Python's path.
PLATFORM = "celery_platform"
PROJECT_FILES = ("pyproject.toml", "requirements.txt")


def package_is_a_project_or_a_requirement(env: Environment) -> Iterator[Problem]:
    """Hosts and pods install the application as a wheel, from its folder or from an index (PEP 508).

    Refused by: pip (PEP 508).
    """
    package = env.application.package
    folder = _folder(package)
    if folder is None:
        if not _requirement(package):
            allowed = "a folder of this repository that contains a project, or a requirement such as acme-orders==1.4"
            yield Problem("application.package", f"{package!r}, which is neither", allowed)
    elif not folder.is_relative_to(checkout().resolve()):
        yield Problem("application.package", f"{package!r}, outside this repository", "a folder of this repository")
    elif not (any((folder / name).is_file() for name in PROJECT_FILES) or _packages(folder)):
        allowed = f"{' or '.join(PROJECT_FILES)} in it, or a Python package"
        yield Problem("application.package", f"the folder {package} without a project", allowed)


def package_is_not_called_like_the_platforms(env: Environment) -> Iterator[Problem]:
    """Of two packages with the same name, Python imports the first, and a lock file can have only one of them.

    Refused by: pip, which locks one package of a name.
    """
    application = env.application
    names = _names(application.package)
    if canonicalize_name(PLATFORM) in {canonicalize_name(name) for name in names}:
        found = f"{application.package!r}, whose package is called like the platform's"
        yield Problem("application.package", found, f"any name but {PLATFORM}")
    if application.celery.partition(":")[0].partition(".")[0] == PLATFORM:
        yield Problem("application.celery", f"{application.celery!r}, the platform's own", "the application's module")


def workers_accept_json(env: Environment) -> Iterator[Problem]:
    """Dead-lettered messages, replays and Celery's own tasks are JSON, whatever the application's tasks use."""
    accepted = env.application.accept_content
    if "json" not in accepted:
        found = f"{', '.join(accepted)} without json, the format of dead-lettered messages and Celery's own tasks"
        yield Problem("application.accept_content", found, f"[json, {', '.join(accepted)}]")


def secrets_are_not_the_platforms(env: Environment) -> Iterator[Problem]:
    """A name is one secret: Terraform would generate a password where the application expects its own key."""
    for label in secret_labels(env):
        if label in (*OWN, *OF_ALERTS):
            yield Problem("application.secrets", f"the secret {label}, which is the platform's own", "another name")


def monitoring_host_can_mail(env: Environment) -> Iterator[Problem]:
    """Alertmanager on the monitoring host mails alerts; without a mail server, nobody would be notified."""
    if env.monitoring.instance_type is not None and env.alerts.smtp is None:
        found = f"nothing, with a monitoring host of {env.monitoring.instance_type}"
        yield Problem("alerts.smtp", found, "{host: ..., port: ...}, or no monitoring.instance_type")


def _folder(package: str) -> Path | None:
    """The resolved folder of a package; `None` if the package is a requirement."""
    folder = (checkout() / package).resolve()
    return folder if folder.is_dir() else None


def _packages(folder: Path) -> list[str]:
    layouts = ("*/__init__.py", "src/*/__init__.py")
    return sorted(file.parent.name for layout in layouts for file in folder.glob(layout))


def _requirement(package: str) -> str | None:
    try:
        return Requirement(package).name
    except InvalidRequirement:
        return None


def _names(package: str) -> set[str]:
    """All names of the application's package: its project's name and those of the Python packages in it."""
    folder = _folder(package)
    if folder is None:
        required = _requirement(package)
        return {required} if required else set()
    own = {folder.name} if (folder / "__init__.py").is_file() else set()
    return own | set(_packages(folder)) | _project(folder / "pyproject.toml")


def _project(file: Path) -> set[str]:
    try:
        data = tomllib.loads(file.read_text())
    except (OSError, ValueError):
        return set()  # there is none, or it is invalid, which locking reports
    name = data.get("project", {}).get("name")
    return {name} if isinstance(name, str) else set()


RULES = (
    package_is_a_project_or_a_requirement,
    package_is_not_called_like_the_platforms,
    workers_accept_json,
    secrets_are_not_the_platforms,
    monitoring_host_can_mail,
)
