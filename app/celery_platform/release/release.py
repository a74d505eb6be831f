"""What an environment releases, and the one name for it: its image's tag, and with their Python its hosts' folder."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from celery_platform.environment.checkout import checkout
from celery_platform.environment.load import environments_folder
from celery_platform.environment.model import Environment
from celery_platform.release.project import Application, Project, application_of

# A person compares it with the one on a host; 48 bits are enough to tell releases apart.
DIGITS = 12


@dataclass(frozen=True)
class Release:
    """An application, where its Celery instance is (`orders.celery:celery`), and the Debian packages that it needs."""

    application: Application
    environment: str
    celery: str
    system_packages: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module of its Celery instance."""
        return self.celery.partition(":")[0]

    @property
    def id(self) -> str:
        """The release's name: a digest of all that goes into it, the same for every Python and CPU."""
        application = self.application
        digest = hashlib.sha256(json.dumps([application.package, *self.system_packages]).encode())
        for file in _files(application):
            inside = file.is_relative_to(application.repository)
            label = file.relative_to(application.repository) if inside else file.name
            digest.update(f"\0{label}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:DIGITS]


def release_of(env: Environment) -> Release:
    """What an environment releases.

    Raises:
        ApplicationError: its application cannot be used.

    Example: `release_of(load("prod")).id == "92c0b9fa8a11"`
    """
    own = env.application
    application = application_of(own.package, checkout(), environments_folder() / env.name)
    return Release(application, env.name, own.celery, own.system_packages)


def _files(application: Application) -> list[Path]:
    repository = application.repository
    platform = Project(repository, "app/celery_platform")
    recipe = repository / "app" / "container_image" / "Containerfile"
    named = [repository / name for name in ("pyproject.toml", "LICENSE", "requirements.lock")]
    own = [application.folder / name for name in application.files()] if isinstance(application, Project) else []
    code = [platform.folder / name for name in platform.files()]
    return sorted({*named, recipe, application.lock, *code, *own})
