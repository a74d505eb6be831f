"""The contents of a wheel, and checks for conflicts with other wheels."""

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
    """The name of a wheel's distribution."""
    return str(parse_wheel_filename(wheel.name)[0])


def version(wheel: Path) -> str:
    """The version of a wheel."""
    return str(parse_wheel_filename(wheel.name)[1])


def modules(wheel: Path) -> set[str]:
    """The modules and packages in a wheel, by their import names.

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
    """Refuse an application with a name of the platform, of Python's library or of another package.

    Namespace packages (folders without `__init__.py`) may be shared with other namespace packages. A regular package or
    module of the same name would hide them.

    Raises:
        ApplicationError: a package, module or command of the wheel has a name that is already taken.
    """
    taken = dict.fromkeys(sys.stdlib_module_names, "Python's own library") | {PLATFORM_PACKAGE: "the platform"}
    for other in others:
        taken |= dict.fromkeys(_names(other), f"{distribution(other)} {version(other)}")
    clashes = sorted((_names(wheel) | _tops(modules(wheel))) & set(taken))
    if distribution(wheel) == PLATFORM or clashes:
        name = clashes[0] if clashes else PLATFORM
        raise ApplicationError(
            expected=f"unique names in the application's wheel {wheel.name}",
            found=f"{name}, which {taken.get(name, 'the platform')} has too",
            remedy=f"Rename {name}; on a host both would be in one folder, and one would hide the other.",
        )


def check_module(module: str, reference: str, wheels: Iterable[Path]) -> None:
    """Refuse an application whose wheel lacks the module of its Celery instance.

    The module is not imported, because that may need secrets.

    Raises:
        ApplicationError: the module is not in the wheel.
    """
    found = set[str]().union(*(modules(wheel) for wheel in wheels))
    if module in found:
        return
    parent = module.rpartition(".")[0]
    near = sorted(name for name in found if name.rpartition(".")[0] == parent) or sorted(_tops(found))
    raise ApplicationError(
        expected=f"{module} in the application's wheel (application.celery: {reference})",
        found=", ".join(near[:12]) + (f" and {len(near) - 12} more" if len(near) > 12 else ""),
        remedy="Correct application.celery, or pack the module: files that git ignores are not packed, "
        "and a build system packs only what it is configured to.",
    )


def _names(wheel: Path) -> set[str]:
    """The modules, packages and commands of a wheel that must be unique, that is, all except namespace packages."""
    return modules(wheel) | {f"the command {name}" for name in _commands(wheel)}


def _commands(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        said = next((name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")), None)
        points = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        points.read_string(archive.read(said).decode() if said else "")
    return points.options("console_scripts") if points.has_section("console_scripts") else []


def _tops(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}
