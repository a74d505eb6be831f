"""Build an application's own wheel from its folder.

A project with a build system is built with it. For other projects, a generated hatchling project packs everything. The
build runs in a copy of the files in version control, so that it leaves no files behind and uses no old build results.
"""

import fnmatch
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from build import BuildBackendException, BuildException, ProjectBuilder

from celery_platform.application.loading import import_root
from celery_platform.errors import ApplicationError
from celery_platform.release.build_variables import build_variables
from celery_platform.release.locking import PYTHON
from celery_platform.release.project import Project

# Top-level files and folders that describe a project and are not packed.
DESCRIPTION = (
    ".*", "*.lock", "*.md", "*.rst", "*.txt", "LICENSE*", "Dockerfile*", "Containerfile*", "docker-compose*",
    "Makefile", "pyproject.toml", "setup.*", "tox.ini", "package*.json", "tests", "test", "docs", "conftest.py",
)  # fmt: skip
VERSION = "0"


def build(project: Project, module: str, output: Path) -> Path:
    """Build the wheel in the folder `output` and return its path. `module` is that of the Celery instance.

    Raises:
        ApplicationError: the build failed; the message contains the end of the backend's output.

    Example: `build(project, "orders.celery", Path("dist/wheelhouse")).name == "orders-0.1.0-py3-none-any.whl"`
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        if project.has_build_system:
            _copy(project, {file: file for file in project.files()}, copy)
        else:
            _generate(project, module, copy)
        wheels = Path(folder) / "wheels"
        _run_backend(project, copy, wheels)
        (wheel,) = wheels.glob("*.whl")
        return Path(shutil.copy(wheel, output / wheel.name))


def packed(project: Project, module: str) -> dict[Path, Path]:
    """The files that the generated project packs, and their paths in the wheel.

    Example: `packed(project, "mysite.celery")[Path("mysite/urls.py")] == Path("mysite/urls.py")`
    """
    root = import_root(project.folder, module).relative_to(project.folder)
    inside = {file: file.relative_to(root) for file in project.files() if file.is_relative_to(root)}
    return {file: name for file, name in inside.items() if not _only_describes(name.parts[0])}


def _only_describes(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in DESCRIPTION)


def _generate(project: Project, module: str, copy: Path) -> None:
    """Write a hatchling project that packs the folder `content` unchanged."""
    _copy(project, packed(project, module), copy / "content")
    described = project.pyproject.get("project", {})
    scripts = described.get("scripts", {})
    # A JSON string is a TOML string.
    lines = [
        "[build-system]", 'requires = ["hatchling"]', 'build-backend = "hatchling.build"',
        "[project]", f"name = {json.dumps(project.name)}", f"version = {json.dumps(described.get('version', VERSION))}",
        f"requires-python = {json.dumps(project.python or f'>={PYTHON}')}",
        "[project.scripts]", *(f"{json.dumps(name)} = {json.dumps(target)}" for name, target in scripts.items()),
        "[tool.hatch.build.targets.wheel]", "ignore-vcs = true", 'only-include = ["content"]', 'sources = ["content"]',
    ]  # fmt: skip
    (copy / "pyproject.toml").write_text("\n".join(lines) + "\n")


def _copy(project: Project, files: dict[Path, Path], folder: Path) -> None:
    if not any(file.suffix == ".py" for file in files):
        raise ApplicationError(
            expected=f"Python modules in {project.package}",
            found=f"{len(files)} files without any module",
            remedy="Name the folder of the project in application.package; files that git ignores are not packed.",
        )
    for file, name in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.folder / file, folder / name)


def _run_backend(project: Project, copy: Path, wheels: Path) -> None:
    isolated = [] if _backend_is_installed(copy) else ["--installer=uv"]
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", f"--outdir={wheels}", *(isolated or ["--no-isolation"]), str(copy)],
        capture_output=True, text=True, check=False, env=build_variables(),
    )  # fmt: skip
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ApplicationError(
            expected=f"a wheel of {project.package} from its build system",
            found=f"`python -m build` exited {done.returncode}: {' / '.join(said[-3:])}".replace(
                str(copy), project.package
            ),
            remedy=f"Run the build yourself: python -m build --wheel {project.package}",
        )


def _backend_is_installed(copy: Path) -> bool:
    try:
        return not ProjectBuilder(copy).check_dependencies("wheel")
    except (BuildException, BuildBackendException):
        return False  # the backend cannot even be asked without its requirements
