"""Install an application's requirements in the virtualenv of this checkout, so that its commands (`app send`) work."""

import importlib.metadata
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.markers import default_environment
from packaging.utils import canonicalize_name

from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file
from celery_platform.release.lock_file import Locked
from celery_platform.release.project import Application


def install(application: Application) -> list[str]:
    """Install the packages of the application's lock that are missing or have another version here; return them.

    Versions of the development tools (requirements-dev.lock) are kept: those of the platform's requirements may differ
    from the lock, those of the application's may not. All other packages came with an application, perhaps with an
    earlier lock or for another environment, and may be replaced.

    Raises:
        ApplicationError: the tools and the application need different versions of a package, or the index does not
            answer.

    Example: `install(application) == ["django==5.2.8"]`
    """
    locked, here = _locked(application), _here()
    platform, tools = (_names(application.repository / name) for name in ("requirements.lock", "requirements-dev.lock"))
    differing = [one for one in locked if here.get(one.name) != one.version]
    wanted = [one for one in differing if one.name not in here or one.name not in platform]
    conflicts = [one for one in wanted if one.name in here and one.name in tools]
    if conflicts:
        raise _conflict(application, conflicts, here)
    _add(wanted)
    return [one.pin() for one in wanted]


def lacking(application: Application) -> list[Locked]:
    """The packages of the application's lock for this machine that this virtualenv does not have in any version.

    Example: `lacking(application) == []`, after `install(application)`
    """
    here = _here()
    return [one for one in _locked(application) if one.name not in here]


def _locked(application: Application) -> list[Locked]:
    markers = {name: str(value) for name, value in default_environment().items()}
    return lock_file.wanted_on(lock_file.read(application.lock), markers)


def _here() -> dict[str, str]:
    return {canonicalize_name(one.name): one.version for one in importlib.metadata.distributions()}


def _names(lock: Path) -> set[str]:
    return {one.name for one in lock_file.read(lock)}


def _conflict(application: Application, conflicts: Sequence[Locked], here: dict[str, str]) -> ApplicationError:
    lock = application.lock
    return ApplicationError(
        expected=f"the versions of {lock} to agree with those of the development tools in {sys.prefix}",
        found=", ".join(f"{one.pin()} in the lock and {here[one.name]} here" for one in conflicts),
        remedy="Hosts and the image are not affected. To run the application's commands on this machine, let its "
        "requirements allow this version and lock again, or give it its own virtualenv: `uv venv VENV && "
        f"uv pip sync --python VENV {lock} && uv pip install --python VENV --no-deps --editable .`",
    )


def _add(wanted: Sequence[Locked]) -> None:
    if not wanted:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(one.line() for one in wanted))
        file.flush()
        uv = str(Path(sys.prefix) / "bin" / "uv")
        done = subprocess.run(
            [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", f"--python={sys.prefix}",
             f"--requirements={file.name}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise ApplicationError(
            expected=f"to install {', '.join(one.pin() for one in wanted)}",
            found=" ".join(done.stderr.split()),
            remedy="Check that the package index answers, and that the application supports this Python version.",
        )
