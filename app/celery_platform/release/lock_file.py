"""Read a lock file in uv's format: requirements with their versions, markers and hashes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from celery_platform.errors import ApplicationError

CONTINUED = re.compile(r"\\\n\s*")


@dataclass(frozen=True)
class Locked:
    """One requirement of a lock."""

    name: str
    version: str
    requirement: Requirement
    hashes: tuple[str, ...]

    def pin(self) -> str:
        """The requirement without its marker and hashes: `celery==5.7.0`."""
        return f"{self.name}=={self.version}"

    def line(self) -> str:
        """The requirement with its hashes, but without its marker, which has been evaluated already."""
        return " ".join([self.pin(), *(f"--hash={value}" for value in self.hashes)])


@dataclass(frozen=True)
class Target:
    """The target of wheels: a Python version (`3.13`) and a CPU (`x86_64`) on Linux."""

    python: str
    machine: str

    def __str__(self) -> str:
        """The target in words, for messages."""
        return f"Python {self.python} on {self.machine}"

    def markers(self) -> Mapping[str, str]:
        """The values of environment markers on the target (PEP 508)."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.99",  # a Debian release has the last of its Python's versions
            "platform_machine": self.machine,
            "platform_system": "Linux",
            "sys_platform": "linux",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


def read(lock: Path) -> list[Locked]:
    """All requirements of a lock.

    Raises:
        ApplicationError: as `parse`.

    Example: `[locked.name for locked in read(Path("requirements.lock"))][:2] == ["amqp", "annotated-doc"]`
    """
    return parse(lock.read_text(), str(lock))


def parse(text: str, label: str) -> list[Locked]:
    """All requirements in the text of a lock. `label` is its name in messages.

    Raises:
        ApplicationError: a requirement is not a version from a package index but a URL, a folder or a version range.

    Example: `parse("celery==5.7.0", "requirements.lock")[0].version == "5.7.0"`
    """
    return [_locked(line, label) for line in CONTINUED.sub("", text).splitlines() if line and line[0] not in " #"]


def wanted_on(locked: Iterable[Locked], markers: Mapping[str, str]) -> list[Locked]:
    """The requirements whose markers are true for these values.

    Example: `wanted_on(read(lock), Target("3.13", "x86_64").markers())`
    """
    return [one for one in locked if one.requirement.marker is None or one.requirement.marker.evaluate(dict(markers))]


def _locked(line: str, label: str) -> Locked:
    text, *hashes = re.split(r"\s+--hash=", line.strip())
    try:
        requirement = Requirement(text)
        (version,) = requirement.specifier
    except (InvalidRequirement, ValueError):
        raise _not_pinned(text, label) from None
    if version.operator != "==" or version.version.endswith("*"):
        raise _not_pinned(text, label)
    return Locked(canonicalize_name(requirement.name), version.version, requirement, tuple(hashes))


def _not_pinned(text: str, label: str) -> ApplicationError:
    return ApplicationError(
        expected=f"each requirement of {label} to be one version from a package index, such as celery==5.7.0",
        found=repr(text),
        remedy="Wheels are verified by hashes, which URLs and folders do not have. Require a published version, or "
        "publish a wheel on a private index, set it in UV_INDEX and PIP_EXTRA_INDEX_URL, and lock again.",
    )
