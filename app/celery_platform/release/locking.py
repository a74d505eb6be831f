"""Resolve the platform and an application together into one lock file.

The versions that the platform is tested with (requirements.lock) are constraints: an application adds to them and
cannot change them. Where its requirements leave a choice, the versions of the tools in .venv and those of the lock
before are preferred.
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

# The least that pyproject.toml of the platform asks for.
PYTHON = "3.11"
SOURCE = re.compile(r"^# sha256 of (?P<name>.+): (?P<digest>[0-9a-f]{64})$", re.MULTILINE)


def lock(application: Application) -> bool:
    """Write the application's lock; returns whether it has changed.

    Raises:
        ApplicationError: its requirements exclude each other, or a version that the platform is pinned to, or one is no
            version of a package index; or its folder is a repository of its own.
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
    """Why the lock has to be made again, in words; `None` where it is as it should be.

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
        ApplicationError: the lock is missing or older than what it is made from.
    """
    reason = outdated(application)
    if reason:
        raise ApplicationError(
            expected="a lock made from the requirements of the platform and of the application as they are",
            found=reason,
            remedy=f"Run `app application lock {environment}`, and commit what it writes.",
        )


def header(application: Application) -> str:
    """What a lock begins with: the digests of all that it is made from."""
    noted = "".join(f"# sha256 of {name}: {digest}\n" for name, digest in _digests(application).items())
    return f"# The platform and {application.package}, resolved together by `app application lock`.\n{noted}"


def _refuse_repository_of_its_own(project: Project) -> None:
    """Of such a folder git keeps a commit's number in place of the files: the next clone has an empty folder."""
    if project.folder != project.repository and (project.folder / ".git").is_dir():
        raise ApplicationError(
            expected=f"{project.package} as files of this repository",
            found=f"a repository of its own, {project.package}/.git",
            remedy=f"Copy it with `git archive`, or remove that folder (`rm -rf {project.package}/.git`); "
            "of a submodule, `git submodule absorbgitdirs` puts it where it belongs.",
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
                expected=f"requirements of {application.package} that go together with the platform's "
                "(requirements.lock)",
                found=_words(done.stderr),
                remedy="Loosen the application's requirement. The platform's versions are what it is tested with; "
                "`make lock` resolves them again.",
            )
        return output.read_text()


def _python(application: Application) -> str:
    """The oldest Python to resolve for: the platform's, or a newer one that the application asks for."""
    try:
        asked = SpecifierSet(application.python or "")
    except InvalidSpecifier as error:
        raise ApplicationError(
            expected=f"requires-python of {application.package} as >=3.12", found=str(error), remedy="Correct it."
        ) from None
    floors = [Version(one.version) for one in asked if one.operator in {">=", "~="}]
    return str(max([Version(PYTHON), *floors]))


def _preferred(application: Application) -> str:
    """Pins that uv keeps where it may: those of the tools, and of the lock before for what the tools do not have."""
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
        return []  # edited by hand: only preferences are lost


def _words(stderr: str) -> str:
    """What uv says, in one line and without its frame and its hints on uv's own settings."""
    said, _, _ = stderr.partition("\nhint:")
    return " ".join(re.sub(r"^error:|\bcause:", " ", said, flags=re.MULTILINE).split()).rstrip(".")
