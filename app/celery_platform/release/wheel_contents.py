"""What is in a wheel, and whether it may stand beside the others."""

import configparser
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from packaging.utils import parse_wheel_filename

from celery_platform.errors import ApplicationError
from celery_platform.release.project import PLATFORM

PLATFORM_PACKAGE = "celery_platform"
SUFFIXES = {".py", ".so"}


def distribution(wheel: Path) -> str:
    """The name of the distribution that a wheel is of."""
    return str(parse_wheel_filename(wheel.name)[0])


def version(wheel: Path) -> str:
    """The version that a wheel has."""
    return str(parse_wheel_filename(wheel.name)[1])


def modules(wheel: Path) -> set[str]:
    """The modules and packages that a wheel has, by the names they are imported by.

    Example: `{"orders", "orders.celery"} <= modules(wheel)`
    """
    found = set()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = PurePosixPath(name)
            if path.suffix in SUFFIXES and ".data" not in path.parts[0]:
                parts = (*path.parts[:-1], path.name.partition(".")[0])
                found.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found - {""}


def check_names(wheel: Path, others: Iterable[Path]) -> None:
    """Refuse an application that takes the platform's name, Python's or another package's.

    A namespace package (a folder without `__init__.py`) may be shared with another; beside a package or module of its
    name it would be hidden, or stand inside it.

    Raises:
        ApplicationError: a package, module or command of the wheel is called as one of another is.
    """
    taken = dict.fromkeys(sys.stdlib_module_names, "Python's own library") | {PLATFORM_PACKAGE: "the platform"}
    for other in others:
        taken |= dict.fromkeys(_names(other), f"{distribution(other)} {version(other)}")
    clashes = sorted((_names(wheel) | _tops(modules(wheel))) & set(taken))
    if distribution(wheel) == PLATFORM or clashes:
        name = clashes[0] if clashes else PLATFORM
        raise ApplicationError(
            expected=f"names of its own in the application's wheel {wheel.name}",
            found=f"{name}, which {taken.get(name, 'the platform')} has too",
            remedy=f"Rename {name}; on a host both would stand in one folder and one would hide the other.",
        )


def check_module(module: str, reference: str, wheels: Iterable[Path]) -> None:
    """Refuse an application whose wheel lacks the module of its Celery instance. It is not imported: that may need
    secrets.

    Raises:
        ApplicationError: no wheel has it.
    """
    found = set[str]().union(*(modules(wheel) for wheel in wheels))
    if module in found:
        return
    parent = module.rpartition(".")[0]
    near = sorted(name for name in found if name.rpartition(".")[0] == parent) or sorted(_tops(found))
    raise ApplicationError(
        expected=f"{module} in the application's wheel (application.celery: {reference})",
        found=", ".join(near[:12]) + (f" and {len(near) - 12} more" if len(near) > 12 else ""),
        remedy="Correct application.celery, or what the project packs: files that git ignores do not ship, "
        "and a build system packs what it is told to.",
    )


def _names(wheel: Path) -> set[str]:
    """The modules, packages and commands that are a wheel's alone: namespace packages, which it may share, are not."""
    return modules(wheel) | {f"the command {name}" for name in _commands(wheel)}


def _commands(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        said = next((name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")), None)
        points = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        points.read_string(archive.read(said).decode() if said else "")
    return points.options("console_scripts") if points.has_section("console_scripts") else []


def _tops(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}
