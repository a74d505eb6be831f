"""The Python packages of the services: those of the running environment, installed for the services' own Python."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from region.errors import RegionError

ROOTS = ("ministack", "aiosmtpd")
PYTHON = "3.13"  # Debian 13's


def ensure_packages(cache: Path) -> Path:
    """A folder that holds the packages, to be mounted read only; made once for each set of versions.

    Raises:
        RegionError: a package is not installed here, there is neither uv nor pip, or the installation failed.
    """
    versions = [f"{name}=={_installed(name)}" for name in ROOTS]
    machine = platform.machine()
    folder = cache / "region-site" / "-".join([*(text.replace("==", "-") for text in versions), PYTHON, machine])
    if folder.exists():
        return folder
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    constraints = partial / "constraints.txt"
    constraints.write_text("".join(f"{d.name}=={d.version}\n" for d in importlib.metadata.distributions()))
    try:
        command = [*_installer(partial, machine), "--constraint", str(constraints), *versions]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RegionError(
                f"to install {' and '.join(versions)} for Python {PYTHON}",
                (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1],
                "check that the Python package index is reachable",
            )
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        expected = f"the package {name} in this Python ({sys.prefix})"
        raise RegionError(expected, "it is not there", "install the locked dev dependencies") from None


def _installer(target: Path, machine: str) -> list[str]:
    """The command that installs wheels for another Python: uv when it is there, else pip."""
    common = ["--target", str(target), "--python-version", PYTHON, "--only-binary", ":all:", "--quiet"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python-platform", f"{machine}-manylinux_2_28", *common]
    platforms = [f"--platform=manylinux_{glibc}_{machine}" for glibc in ("2_28", "2_17")]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", *platforms, *common]
    if pip := shutil.which("pip") or shutil.which("pip3"):
        return [pip, "install", *platforms, *common]
    raise RegionError("uv or pip, to install the emulator for its container", "neither", "run `python -m ensurepip`")
