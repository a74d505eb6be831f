"""The application of an environment: a project in a folder of this repository, or a requirement."""

import fnmatch
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from celery_platform.errors import ApplicationError

PLATFORM = "celery-platform"
# What people usually keep out of version control; used only if the folder is not in version control.
UNVERSIONED = (".*", "__pycache__", "*.pyc", "*.egg-info", "node_modules", "venv", "build", "dist")
# Files other than pyproject.toml from which a build backend may read requirements.
OF_BACKENDS = ("setup.py", "setup.cfg", "*requirements*", "*requirements*/*")
# Files with requirements that uv does not read here.
ELSEWHERE = ("*requirements*", "Pipfile*", "poetry.lock", "uv.lock", "environment.yml")
INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A folder with pyproject.toml, or requirements.txt and packages.

    `package` is the folder's path relative to the repository, as in the environment file.
    """

    repository: Path
    package: str

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.repository / self.package

    @property
    def lock(self) -> Path:
        """The path of its lock file."""
        return self.folder / "requirements.lock"

    @property
    def label_of_lock(self) -> str:
        """The name of its lock file in messages."""
        return f"{self.package}/{self.lock.name}"

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """The content of its pyproject.toml; empty if there is none.

        Raises:
            ApplicationError: it is not TOML.
        """
        file = self.folder / "pyproject.toml"
        try:
            return tomllib.loads(file.read_text()) if file.exists() else {}
        except tomllib.TOMLDecodeError as error:
            raise ApplicationError(
                expected=f"TOML in {self.package}/pyproject.toml", found=str(error), remedy="Correct it."
            ) from None

    @property
    def has_build_system(self) -> bool:
        """Whether it defines how its wheel is built."""
        return "build-system" in self.pyproject or (self.folder / "setup.py").exists()

    @property
    def name(self) -> str:
        """The name of its distribution: that in pyproject.toml, or the folder's."""
        named = self.pyproject.get("project", {}).get("name")
        return canonicalize_name(named or re.sub(r"[^A-Za-z0-9]+", "-", self.folder.resolve().name).strip("-"))

    @property
    def python(self) -> str | None:
        """The Python versions that it supports, as it declares them (`>=3.12`)."""
        said: str | None = self.pyproject.get("project", {}).get("requires-python")
        return said

    def requirement_files(self) -> list[Path]:
        """The files from which uv reads its requirements; empty if it only needs the platform.

        Raises:
            ApplicationError: there are none, but another file looks as if it contained requirements.
        """
        project = self.pyproject.get("project", {})
        candidates = {
            "pyproject.toml": bool(project) or "build-system" in self.pyproject,
            "setup.py": not project,
            "requirements.txt": "dependencies" not in {*project, *project.get("dynamic", ())},
        }
        files = [self.folder / name for name, counts in candidates.items() if counts and (self.folder / name).exists()]
        overlooked = sorted({file.name for name in ELSEWHERE for file in self.folder.glob(name)} - {self.lock.name})
        if overlooked and not files:
            raise ApplicationError(
                expected=f"requirements of {self.package} in pyproject.toml (under [project]) or in requirements.txt",
                found=f"neither, and {', '.join(overlooked)}",
                remedy="Write a requirements.txt; one line `-r requirements/production.txt` names another file.",
            )
        return files

    def sources_of_lock(self) -> dict[str, bytes]:
        """Path -> content of each file on which the lock depends, including files that they include with `-r`."""
        found: dict[str, bytes] = {}
        wanted = [*self.requirement_files(), *self._read_by_backend()]
        while wanted:
            file = wanted.pop()
            label = os.path.relpath(file, self.repository)
            if label not in found and file.is_file():
                found[label] = file.read_bytes()
                included = INCLUDED.findall(found[label].decode()) if file.suffix in {".txt", ".in"} else []
                wanted += [file.parent / name for name in included]
        return dict(sorted(found.items()))

    def _read_by_backend(self) -> list[Path]:
        """The files from which the build backend may read requirements, if uv gets them from the backend.

        uv does so without a `[project]`, and if its dependencies are dynamic (PEP 621). It is not known which files the
        backend reads (setup.py is a program), so all usual names are included.
        """
        project = self.pyproject.get("project")
        if not (self.has_build_system if project is None else "dependencies" in project.get("dynamic", ())):
            return []
        dynamic = self.pyproject.get("tool", {}).get("setuptools", {}).get("dynamic", {}).get("dependencies", {})
        named = dynamic.get("file", []) if isinstance(dynamic, dict) else []
        usual = [file for pattern in OF_BACKENDS for file in self.folder.glob(pattern) if file != self.lock]
        return [*usual, *(self.folder / name for name in ([named] if isinstance(named, str) else named))]

    def files(self) -> list[Path]:
        """The files to pack, relative to the folder: those in version control, or that would be added to it."""
        listed = subprocess.run(
            ["git", "-C", str(self.folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."],
            capture_output=True, check=False,
        )  # fmt: skip
        if listed.returncode == 0:
            names = [Path(name) for name in listed.stdout.decode().split("\0") if name]
        else:
            names = list(_walk(self.folder))
        return sorted(name for name in names if (self.folder / name).is_file())


@dataclass(frozen=True)
class Pinned:
    """A distribution from a package index: `acme-orders==1.4`. Its lock is next to the environment file."""

    repository: Path
    package: str
    lock: Path

    @property
    def name(self) -> str:
        """The name of its distribution."""
        return canonicalize_name(Requirement(self.package).name)

    @property
    def label_of_lock(self) -> str:
        """The name of its lock file in messages."""
        return f"environments/{self.lock.parent.name}/{self.lock.name}"

    @property
    def python(self) -> None:
        """Unknown before it is resolved."""
        return

    def requirement_files(self) -> list[Path]:
        """Empty: the only requirement is in the environment file."""
        return []

    def sources_of_lock(self) -> dict[str, bytes]:
        """The sources of its lock."""
        return {"application.package": self.package.encode()}


Application = Project | Pinned


def application_of(package: str, repository: Path, environment: Path) -> Application:
    """The application that `application.package` names. `environment` is the environment's folder.

    Raises:
        ApplicationError: it is neither a folder of the repository nor a requirement with one version, or it has the
            platform's name.

    Example: `application_of("app/orders", repository, environments / "local").name == "orders"`
    """
    folder = repository / package
    application: Application
    if folder.is_dir():
        application = Project(repository, package)
    else:
        application = Pinned(repository, _requirement(package), environment / "requirements.lock")
    if application.name == PLATFORM:
        raise ApplicationError(
            expected="an application with a different name than the platform",
            found=f"application.package {package}, whose distribution is called {PLATFORM} like the platform's",
            remedy="Rename it: `name` in its pyproject.toml, or its folder.",
        )
    return application


def _requirement(package: str) -> str:
    try:
        versions = list(Requirement(package).specifier)
    except InvalidRequirement:
        versions = []
    if len(versions) != 1 or versions[0].operator != "==" or versions[0].version.endswith("*"):
        raise ApplicationError(
            expected="application.package to be a folder of this repository or a requirement with its version, "
            "such as acme-orders==1.4",
            found=f"{package!r}, which is neither",
            remedy="Correct the folder's name (relative to the repository), or add ==VERSION.",
        )
    return package


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _left_alone(name) and not _is_virtualenv(Path(parent) / name)]
        yield from ((Path(parent) / name).relative_to(folder) for name in names if not _left_alone(name))


def _left_alone(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in UNVERSIONED)


def _is_virtualenv(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists()
