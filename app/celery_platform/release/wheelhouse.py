"""Collect the wheels that hosts install: those of the application's lock, the platform's and the application's own.

    python -m celery_platform.release.wheelhouse prod

Hosts and the image install only from this folder, so that a deployment needs no package index and cannot install other
versions than the tested ones: `pip install --no-index --no-deps --find-links=. -r platform.txt -r application.txt`.

    app.json         {"release": its id, "python": the Python version of its wheels, "wheel": the platform's wheel,
                     "application": the application's own wheel, or null if the lock contains it, "sources": the
                     sources and targets of the wheelhouse}
    platform.txt     the platform and its requirements, with versions
    application.txt  the packages that the application adds, and its own wheel
    console.txt      where the environment has a console: the packages that only its machine gets
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from celery_platform.environment import load, resolve
from celery_platform.environment.checkout import checkout
from celery_platform.errors import AppError, ApplicationError
from celery_platform.output import print_error
from celery_platform.release import application_wheel, lock_file, locking, wheel_contents, wheels
from celery_platform.release.build_variables import build_variables
from celery_platform.release.console_packages import EXTRA, console_packages
from celery_platform.release.lock_file import Locked, Target
from celery_platform.release.project import PLATFORM, Application, Project
from celery_platform.release.release import Release, release_of

MANIFEST = "app.json"
PLATFORM_PINS, APPLICATION_PINS, CONSOLE_PINS = "platform.txt", "application.txt", f"{EXTRA}.txt"


def wheelhouse() -> Path:
    """The path of the checkout's wheelhouse."""
    return checkout() / "dist" / "wheelhouse"


def build(release: Release, targets: Sequence[Target], folder: Path) -> bool:
    """Build the wheelhouse for hosts with these Python versions and CPUs; return whether anything had to be built.

    Wheels for several CPUs are in the same folder; pip picks those for the host.

    Raises:
        ApplicationError: the lock is out of date, there is no wheel for a target, or the application cannot be packed
            or does not go with the console.

    Example: `build(release_of(load("prod")), [Target("3.13", "x86_64")], wheelhouse())`
    """
    locking.check(release.application, release.environment)
    sources = made_from(release, targets)
    if manifest(folder).get("sources") == sources:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    locked = lock_file.read(release.application.lock)
    _check_free_name(release.application, locked)
    # Hosts differ in their CPU only, for which no lock has other packages.
    console = console_packages(release.application, locked, targets[0]) if release.console else []
    for target in targets:
        wheels.collect(lock_file.wanted_on([*locked, *console], target.markers()), target, folder)
    platform = _platform_wheel(release.application.repository, folder)
    own = _application_wheel(release, folder)
    _write_pins(release.application, locked, [platform, *([own] if own else [])])
    if release.console:
        (folder / CONSOLE_PINS).write_text("".join(f"{one.pin()}\n" for one in console))
    about = {
        "release": release.id, "python": "-".join(sorted({target.python for target in targets})),
        "wheel": platform.name, "application": own and own.name, "sources": sources,
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(about, indent=2) + "\n")
    return True


def made_from(release: Release, targets: Sequence[Target]) -> str:
    """The sources that a wheelhouse records. If they differ, it is built again."""
    return f"{release.id} {release.celery} for {words(targets)}"


def words(targets: Sequence[Target]) -> str:
    """The targets in words, for messages.

    Example: `words([Target("3.13", "x86_64")]) == "Python 3.13 on x86_64"`
    """
    return ", ".join(str(target) for target in targets)


def manifest(folder: Path) -> dict[str, Any]:
    """The content of a wheelhouse's `app.json`; empty if there is no wheelhouse."""
    file = folder / MANIFEST
    content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return content


def _check_free_name(application: Application, locked: Iterable[Locked]) -> None:
    taken = {one.name: one.pin() for one in locked}
    for name in (PLATFORM, *([application.name] if isinstance(application, Project) else [])):
        if name in taken:
            raise ApplicationError(
                expected="a lock without the platform and without the application itself",
                found=f"{taken[name]} in {application.label_of_lock}, which is a package of an index",
                remedy=f"Do not require {name}; if another package of that name is meant, rename the application.",
            )


def _platform_wheel(repository: Path, folder: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", f"--outdir={folder}"],
        cwd=repository, capture_output=True, text=True, check=False, env=build_variables(),
    )  # fmt: skip
    if done.returncode:
        raise ApplicationError(
            expected="a wheel of the platform",
            found=" / ".join(done.stderr.splitlines()[-3:]),
            remedy="Run the build yourself: python -m build --wheel --no-isolation",
        )
    (wheel,) = folder.glob("celery_platform-*.whl")
    return wheel


def _application_wheel(release: Release, folder: Path) -> Path | None:
    """The application's own wheel, after checking it; `None` if it is one of the lock's wheels."""
    others = list(folder.glob("*.whl"))
    if isinstance(release.application, Project):
        own = application_wheel.build(release.application, release.module, folder)
        wheel_contents.check_names(own, others)
        wheel_contents.check_module(release.module, release.celery, [own])
        return own
    foreign = [wheel for wheel in others if wheel_contents.distribution(wheel) != release.application.name]
    for pinned in set(others) - set(foreign):  # one per CPU if it is compiled
        wheel_contents.check_names(pinned, foreign)
    wheel_contents.check_module(release.module, release.celery, others)
    return None


def _write_pins(application: Application, locked: Iterable[Locked], made: list[Path]) -> None:
    platform, *own = (f"{wheel_contents.distribution(wheel)}=={wheel_contents.version(wheel)}" for wheel in made)
    base = {one.name for one in lock_file.read(application.repository / "requirements.lock")}
    pins = {
        PLATFORM_PINS: [platform, *(str(one.requirement) for one in locked if one.name in base)],
        APPLICATION_PINS: [*own, *(str(one.requirement) for one in locked if one.name not in base)],
    }
    for name, lines in pins.items():
        (made[0].parent / name).write_text("".join(f"{line}\n" for line in lines))


def main() -> int:
    """Build for the environment given on the command line, and print the result in one line."""
    try:
        env = load(sys.argv[1])
        hosts = resolve(env)["hosts"]
        targets = [Target(hosts["python_version"], machine) for machine in hosts["machines"]]
        release = release_of(env)
        worked = build(release, targets, wheelhouse())
    except AppError as error:
        return print_error(error)
    state = "built" if worked else "current"
    print(f"{state}: dist/wheelhouse for {words(targets)}: {release.application.package}, release {release.id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
