"""A checkout with an application."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery_platform.release.lock_file import Target
from celery_platform.release.project import Project, application_of
from celery_platform.release.release import Release

from tests.harness.servers import REPOSITORY
from tests.release.index import Index

HOST = Target("3.13", "x86_64")
# A typical Django project: settings next to the applications, templates and migrations as files, no build system.
DJANGO = {
    "requirements.txt": "django>=5.2,<6\n-r requirements/queue.txt\n",
    "requirements/queue.txt": "celery>=5.4\n",
    "manage.py": "",
    "mysite/__init__.py": "",
    "mysite/celery.py": "from celery import Celery\napp = Celery('mysite')\n",
    "mysite/settings.py": "",
    "orders/__init__.py": "",
    "orders/tasks.py": "",
    "orders/migrations/__init__.py": "",
    "orders/migrations/0001_initial.py": "",
    "orders/templates/orders/mail.txt": "Dear {{ name }}",
    "templates/base.html": "<html>",
    "static/site.css": "",
    "README.md": "",
    "tests/test_orders.py": "",
    ".env": "SECRET_KEY=not for hosts",
}
PACKAGED = {
    "pyproject.toml": """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-app"
version = "2.0"
dependencies = ["celery>=5.4"]
[tool.hatch.build.targets.wheel]
packages = ["app"]
""",
    "app/__init__.py": "",
    "app/celery.py": "from celery import Celery\ncelery = Celery('app')\n",
}

Files = dict[str, str]


@dataclass(frozen=True)
class Checkout:
    """A copy of the platform's sources, to which tests add applications."""

    root: Path

    def project(self, files: Files, package: str = "app/mysite") -> Project:
        """Put a project there."""
        for name, content in files.items():
            file = self.root / package / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return Project(self.root, package)

    def release(self, package: str = "app/mysite", celery: str = "mysite.celery:app") -> Release:
        """The release of the environment `local` with this section in its file."""
        return Release(application_of(package, self.root, self.root / "environments" / "local"), "local", celery)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    for name in (
        "pyproject.toml",
        "requirements.lock",
        "requirements-dev.lock",
        "LICENSE",
        "app/container_image/Containerfile",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    shutil.copytree(
        REPOSITORY / "app" / "celery_platform",
        root / "app" / "celery_platform",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "environments" / "local").mkdir(parents=True)
    return Checkout(root)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    return Index(tmp_path / "index", monkeypatch)
