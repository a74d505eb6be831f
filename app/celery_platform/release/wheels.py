"""Collect the wheels of a lock for a Python version and CPU that may differ from this machine's."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from celery_platform.errors import ApplicationError
from celery_platform.release.build_variables import build_variables
from celery_platform.release.lock_file import Locked, Target

# Debian 12 has glibc 2.36, and runs wheels for any earlier version. `linux` is the tag of wheels on private indexes.
PLATFORMS = (*(f"manylinux_2_{minor}" for minor in range(36, 16, -1)), "manylinux2014", "manylinux2010", "linux")
NOT_FOUND = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==")


def collect(locked: Sequence[Locked], target: Target, output: Path) -> None:
    """Collect a wheel of each requirement in the folder `output`, with verified hashes.

    A package that is published only as source is built here, if its wheel is valid on every machine.

    Raises:
        ApplicationError: a package has no wheel for the target, and building one would compile code for this machine.
    """
    remaining = {one.name: one for one in locked}
    while (missing := _download(list(remaining.values()), target, output)) is not None:
        _build(remaining.pop(missing), target, output)


def _download(locked: list[Locked], target: Target, output: Path) -> str | None:
    """Download wheels; return the name of the first package without one."""
    platforms = [f"--platform={tag}_{target.machine}" for tag in PLATFORMS]
    done = _pip(
        locked, "download", "--only-binary=:all:", f"--python-version={target.python}", *platforms, f"--dest={output}"
    )
    if done.returncode == 0:
        return None
    found = NOT_FOUND.search(done.stderr)
    name = canonicalize_name(found[1]) if found else None
    if name not in {one.name for one in locked}:
        raise ApplicationError(
            expected=f"the wheels of the lock for {target}",
            found=_end_of(done.stderr),
            remedy="Check that the package index answers, and that it has the versions of the lock.",
        )
    return name


def _build(one: Locked, target: Target, output: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = _pip([one], "wheel", f"--no-binary={one.name}", f"--wheel-dir={folder}")
        built = next(Path(folder).glob("*.whl"), None)
        if built is not None and _runs_anywhere(built):
            shutil.move(built, output / built.name)
            return
    compiled = "source only, which has to be compiled for that machine"
    raise ApplicationError(
        expected=f"a wheel of {one.pin()} for {target}",
        found=compiled if built else f"no wheel, and no source that builds here ({_end_of(done.stderr)})",
        remedy="Require a package with wheels (psycopg2-binary instead of psycopg2), or publish a wheel of it on a "
        "private index, set it in UV_INDEX and PIP_EXTRA_INDEX_URL, and lock again.",
    )


def _runs_anywhere(wheel: Path) -> bool:
    tags = parse_wheel_filename(wheel.name)[3]
    return any(tag.platform == "any" and tag.abi == "none" for tag in tags)


def _pip(locked: Sequence[Locked], command: str, *options: str) -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write("\n".join(one.line() for one in locked))
        wanted.flush()
        return subprocess.run(
            [sys.executable, "-m", "pip", "-qq", command, "--no-deps", "--require-hashes", *options,
             f"--requirement={wanted.name}"],
            capture_output=True, text=True, check=False, env=build_variables(),
        )  # fmt: skip


def _end_of(stderr: str) -> str:
    said = [line.strip() for line in stderr.splitlines() if line.strip()]
    return " / ".join(said[-3:]) or "no output"
