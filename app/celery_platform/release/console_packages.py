"""The packages that only the machine with the console gets, beside those of the application.

The console imports the application, so both are in one folder there. Where they need the same package, it is the
application's version, because that is what its workers run.
"""

import tomllib
from collections.abc import Sequence

from packaging.requirements import Requirement

from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file
from celery_platform.release.lock_file import Locked, Target
from celery_platform.release.project import PLATFORM, Application

EXTRA = "console"
LOCK = f"requirements-{EXTRA}.lock"


def console_packages(application: Application, locked: Sequence[Locked], target: Target) -> list[Locked]:
    """What the console adds to an application's lock on a target. A lock may have a package for other targets only.

    Raises:
        ApplicationError: the application locks a version of a package with which the console does not run.

    Example: `console_packages(application, locked, Target("3.13", "x86_64"))`, with `starlette` unless the lock has it
    """
    theirs = {one.name: one for one in lock_file.wanted_on(locked, target.markers())}
    for needed in _needed(application):
        one = theirs.get(needed.name)
        if one is not None and not needed.specifier.contains(one.version, prereleases=True):
            raise ApplicationError(
                expected=f"a version of {needed} in {application.label_of_lock}, which the console imports, too",
                found=one.pin(),
                remedy="Let the application allow it and lock again, or remove `console` from environment.yml: "
                "`make console` then serves one on your machine.",
            )
    ours = lock_file.wanted_on(lock_file.read(application.repository / LOCK), target.markers())
    return [one for one in ours if one.name not in theirs]


def _needed(application: Application) -> list[Requirement]:
    project = tomllib.loads((application.repository / "pyproject.toml").read_text())["project"]
    assert project["name"] == PLATFORM  # noqa: S101 - the checkout's own file
    return [Requirement(text) for text in project["optional-dependencies"][EXTRA]]
