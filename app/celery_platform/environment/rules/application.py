"""Rules about the application's package, what its workers unpack and what its secrets are called."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from celery_platform.environment.checkout import checkout
from celery_platform.environment.derived.application import secret_labels
from celery_platform.environment.derived.secrets import OWN
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# The platform's own package, of which there can be only one on the path, and the project it is in.
PLATFORM = "celery_platform"
PROJECT_FILES = ("pyproject.toml", "requirements.txt")


def package_is_a_project_or_a_requirement(env: Environment) -> Iterator[Problem]:
    """Hosts and pods install the application as a wheel, from its folder or from an index (PEP 508)."""
    package = env.application.package
    folder = _folder(package)
    if folder is None:
        if not _requirement(package):
            allowed = "a folder of this repository with a project in it, or a requirement such as acme-orders==1.4"
            yield Problem("application.package", f"{package!r}, which is neither", allowed)
    elif not folder.is_relative_to(checkout().resolve()):
        yield Problem("application.package", f"{package!r}, outside this repository", "a folder of this repository")
    elif not (any((folder / name).is_file() for name in PROJECT_FILES) or _packages(folder)):
        allowed = f"{' or '.join(PROJECT_FILES)} in it, or a Python package"
        yield Problem("application.package", f"the folder {package} without a project", allowed)


def package_is_not_called_like_the_platforms(env: Environment) -> Iterator[Problem]:
    """Python imports the first of two packages of one name, and a lock file has one project of one name."""
    application = env.application
    names = _names(application.package)
    if canonicalize_name(PLATFORM) in {canonicalize_name(name) for name in names}:
        found = f"{application.package!r}, whose package is called like the platform's"
        yield Problem("application.package", found, f"any name but {PLATFORM}")
    if application.celery.partition(":")[0].partition(".")[0] == PLATFORM:
        yield Problem("application.celery", f"{application.celery!r}, the platform's own", "the application's module")


def workers_unpack_json(env: Environment) -> Iterator[Problem]:
    """Dead letters, replays and Celery's own tasks are JSON, whatever the application's tasks are."""
    accepted = env.application.accept_content
    if "json" not in accepted:
        found = f"{', '.join(accepted)} without json, which dead letters and Celery's own tasks are written in"
        yield Problem("application.accept_content", found, f"[json, {', '.join(accepted)}]")


def secrets_are_not_the_platforms(env: Environment) -> Iterator[Problem]:
    """One name is one secret: Terraform would make a password of its own where the application expects its key."""
    for label in secret_labels(env):
        if label in OWN:
            yield Problem("application.secrets", f"the secret {label}, which is the platform's own", "another name")


def monitoring_host_can_mail(env: Environment) -> Iterator[Problem]:
    """Alertmanager on the monitoring host mails what fires; without a server nobody would be told."""
    if env.monitoring.instance_type is not None and env.alerts.smtp is None:
        found = f"nothing, with a monitoring host of {env.monitoring.instance_type}"
        yield Problem("alerts.smtp", found, "{host: ..., port: ...}, or no monitoring.instance_type")


def _folder(package: str) -> Path | None:
    """The folder that a package names, resolved; `None` where it names a requirement."""
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
    """Every name that the application's package goes by: its project's and its packages'."""
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
        return set()  # not there; or unreadable, which the lock says in its own words
    name = data.get("project", {}).get("name")
    return {name} if isinstance(name, str) else set()


RULES = (
    package_is_a_project_or_a_requirement,
    package_is_not_called_like_the_platforms,
    workers_unpack_json,
    secrets_are_not_the_platforms,
    monitoring_host_can_mail,
)
