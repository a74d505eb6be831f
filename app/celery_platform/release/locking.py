"""Resolve the platform and an application together into one lock file.

The versions with which the platform is tested (requirements.lock) are constraints: an application can add packages but
not change versions. If its requirements leave a choice, the versions of the tools in .venv and those of the previous
lock are preferred.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file
from celery_platform.release.project import PLATFORM, Application, Pinned, Project

# The minimum in the platform's pyproject.toml.
PYTHON = "3.11"
SOURCE = re.compile(r"^# sha256 of (?P<name>.+): (?P<digest>[0-9a-f]{64})$", re.MULTILINE)


def lock(application: Application) -> bool:
    """Write the application's lock and return whether it has changed.

    Raises:
        ApplicationError: its requirements conflict with each other or with the platform's versions, one of them is not
        a
            version from a package index, or its folder is a separate git repository.
    """
    if isinstance(application, Project):
        _refuse_repository_of_its_own(application)
    text = header(application) + _resolved(application)
    lock_file.parse(text, application.label_of_lock)
    if application.lock.exists() and application.lock.read_text() == text:
        return False
    application.lock.write_text(text)
    return True


def outdated(application: Application) -> str | None:
    """The reason why the lock is out of date, in words; `None` if it is up to date.

    Example: `outdated(application) == "there is no app/orders/requirements.lock"`
    """
    if not application.lock.exists():
        return f"there is no {application.label_of_lock}"
    noted = dict(SOURCE.findall(application.lock.read_text()))
    changed = [name for name, digest in _digests(application).items() if noted.get(name) != digest]
    return f"{application.label_of_lock} was made before {', '.join(changed)} changed" if changed else None


def check(application: Application, environment: str) -> None:
    """Refuse a lock that does not belong to its sources.

    Raises:
        ApplicationError: the lock is missing, or older than its sources.
    """
    reason = outdated(application)
    if reason:
        raise ApplicationError(
            expected="a lock of the current requirements of the platform and the application",
            found=reason,
            remedy=f"Run `app application lock {environment}`, and commit the file.",
        )


def header(application: Application) -> str:
    """The header of a lock: the digests of its sources."""
    noted = "".join(f"# sha256 of {name}: {digest}\n" for name, digest in _digests(application).items())
    return f"# The platform and {application.package}, resolved together by `app application lock`.\n{noted}"


def _refuse_repository_of_its_own(project: Project) -> None:
    """Refuse a nested git repository: git would commit only its revision, and the next clone would be empty."""
    if project.folder != project.repository and (project.folder / ".git").is_dir():
        raise ApplicationError(
            expected=f"{project.package} as files of this repository",
            found=f"a separate repository, {project.package}/.git",
            remedy=f"Copy it with `git archive`, or remove that folder (`rm -rf {project.package}/.git`); "
            "for a submodule, run `git submodule absorbgitdirs`.",
        )


def _digests(application: Application) -> dict[str, str]:
    sources = {"requirements.lock": (application.repository / "requirements.lock").read_bytes()}
    sources |= application.sources_of_lock()
    return {name: hashlib.sha256(content).hexdigest() for name, content in sources.items()}


def _resolved(application: Application) -> str:
    repository = application.repository
    asked = [f"{PLATFORM} @ {repository.as_uri()}"]
    files = [str(file.relative_to(repository)) for file in application.requirement_files()]
    if isinstance(application, Pinned):
        asked.append(application.package)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "requirements.lock"
        output.write_text(_preferred(application))
        done = subprocess.run(
            [str(Path(sys.prefix) / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
             "--no-emit-index-url", "--no-header", f"--no-emit-package={PLATFORM}",
             f"--python-version={_python(application)}", "--constraints=requirements.lock", f"--output-file={output}",
             "-", *files],
            cwd=repository, input="\n".join(asked), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ApplicationError(
                expected=f"requirements of {application.package} that are compatible with the platform's "
                "(requirements.lock)",
                found=_words(done.stderr),
                remedy="Loosen the application's requirement. The platform is tested with its versions; "
                "`make lock` resolves them again.",
            )
        return output.read_text()


def _python(application: Application) -> str:
    """The oldest Python version to resolve for: the platform's minimum, or the application's if that is later."""
    try:
        asked = SpecifierSet(application.python or "")
    except InvalidSpecifier as error:
        raise ApplicationError(
            expected=f"requires-python of {application.package} in a form such as >=3.12",
            found=str(error),
            remedy="Correct it.",
        ) from None
    floors = [Version(one.version) for one in asked if one.operator in {">=", "~="}]
    return str(max([Version(PYTHON), *floors]))


def _preferred(application: Application) -> str:
    """Versions that uv should prefer: those of the tools and, for other packages, those of the previous lock."""
    tools = application.repository / "requirements-dev.lock"
    pins: dict[str, str] = {}
    for file in (application.lock, tools):
        if file.exists():
            pins |= {one.name: one.line() for one in _readable(file)}
    return "\n".join(pins.values()) + "\n"


def _readable(file: Path) -> list[lock_file.Locked]:
    try:
        return lock_file.read(file)
    except ApplicationError:
        return []  # edited by hand; only the preferences are lost


def _words(stderr: str) -> str:
    """The message of uv in one line, without its decoration and its hints about uv's own settings."""
    said, _, _ = stderr.partition("\nhint:")
    return " ".join(re.sub(r"^error:|\bcause:", " ", said, flags=re.MULTILINE).split()).rstrip(".")
