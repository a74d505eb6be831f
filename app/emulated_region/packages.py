"""Python packages of the services, in the versions of the running environment, installed for the services' Python."""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from emulated_region.errors import RegionError

EMULATOR = "ministack"
# The emulator makes no key that signs without it.
SIGNATURES = "cryptography"
PYTHON = "3.13"  # Debian 13's


def ensure_packages(cache: Path, requirements: Sequence[str]) -> Path:
    """A folder with the packages, to be mounted read-only. It is created once for each set of versions.

    Packages that are installed here have the same version there.

    Raises:
        RegionError: neither uv nor pip is available, or the installation failed.

    Example: `ensure_packages(Path(".cache"), [emulator()])`
    """
    machine = platform.machine()
    constraints = sorted(f"{each.name}=={each.version}" for each in importlib.metadata.distributions())
    named = repr((sorted(requirements), constraints, PYTHON, machine))
    folder = cache / "region-site" / hashlib.sha256(named.encode()).hexdigest()[:16]
    if not requirements:
        folder.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        return folder
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    file = partial / "constraints.txt"
    file.write_text("\n".join(constraints) + "\n")
    try:
        command = [*_installer(partial, machine), "--constraint", str(file), *requirements]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RegionError(
                f"to install {' and '.join(requirements)} for Python {PYTHON}",
                (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1],
                "check that the Python package index is reachable",
            )
        try:
            partial.rename(folder)
        except OSError:
            # Another start has created the same folder meanwhile. Its content is equal, and a container may use it already.
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def emulator() -> str:
    """The requirement of the AWS emulator in this checkout's locked version.

    Raises:
        RegionError: it is not installed.
    """
    try:
        return f"{EMULATOR}=={importlib.metadata.version(EMULATOR)}"
    except importlib.metadata.PackageNotFoundError:
        expected = f"the package {EMULATOR} in this Python ({sys.prefix})"
        raise RegionError(expected, "it is not there", "install the locked dev dependencies") from None


def _installer(target: Path, machine: str) -> list[str]:
    """The command that installs wheels for another Python: uv if available, otherwise pip."""
    common = ["--target", str(target), "--python-version", PYTHON, "--only-binary", ":all:", "--quiet"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python-platform", f"{machine}-manylinux_2_28", *common]
    platforms = [f"--platform=manylinux_{glibc}_{machine}" for glibc in ("2_28", "2_17")]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", *platforms, *common]
    if pip := shutil.which("pip") or shutil.which("pip3"):
        return [pip, "install", *platforms, *common]
    raise RegionError("uv or pip, to install packages for a container", "neither", "run `python -m ensurepip`")
