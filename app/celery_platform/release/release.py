"""The release of an environment, and its id: the tag of the image and, with the Python version, the folder on hosts."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from celery_platform.environment.checkout import checkout
from celery_platform.environment.load import environments_folder
from celery_platform.environment.model import Environment
from celery_platform.release.console_packages import LOCK
from celery_platform.release.project import Application, Project, application_of

# Short enough for people to compare; 48 bits are enough to distinguish releases.
DIGITS = 12


@dataclass(frozen=True)
class Release:
    """An application, the reference of its Celery instance (`orders.celery:celery`), and its Debian packages.

    `console` is whether the environment has a console, whose machine gets more packages.
    """

    application: Application
    environment: str
    celery: str
    system_packages: tuple[str, ...] = ()
    console: bool = False

    @property
    def module(self) -> str:
        """The module of its Celery instance."""
        return self.celery.partition(":")[0]

    @property
    def id(self) -> str:
        """The release's id: a digest of all its sources, independent of the Python version and CPU."""
        application = self.application
        digest = hashlib.sha256(json.dumps([application.package, *self.system_packages]).encode())
        for file in _files(application, console=self.console):
            inside = file.is_relative_to(application.repository)
            label = file.relative_to(application.repository) if inside else file.name
            digest.update(f"\0{label}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:DIGITS]


def console_tag(release: str) -> str:
    """The tag of the image with the console of a release.

    Example: `console_tag("92c0b9fa8a11") == "92c0b9fa8a11-console"`
    """
    return f"{release}-console"


def release_of(env: Environment) -> Release:
    """The release of an environment.

    Raises:
        ApplicationError: its application cannot be used.

    Example: `release_of(load("prod")).id == "92c0b9fa8a11"`
    """
    own = env.application
    application = application_of(own.package, checkout(), environments_folder() / env.name)
    return Release(application, env.name, own.celery, own.system_packages, env.console is not None)


def _files(application: Application, *, console: bool) -> list[Path]:
    repository = application.repository
    platform = Project(repository, "app/celery_platform")
    recipe = repository / "app" / "container_image" / "Containerfile"
    named = [repository / name for name in ("pyproject.toml", "LICENSE", "requirements.lock")]
    named += [repository / LOCK] if console else []
    own = [application.folder / name for name in application.files()] if isinstance(application, Project) else []
    code = [platform.folder / name for name in platform.files()]
    return sorted({*named, recipe, application.lock, *code, *own})
