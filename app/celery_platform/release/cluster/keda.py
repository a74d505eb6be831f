"""KEDA in the cluster: found and recent enough, or installed from the pinned chart (app/chart/Chart.yaml)."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

from celery_platform.environment.derived.workloads import KEDA
from celery_platform.errors import ChartError
from celery_platform.release.cluster.tools import Cluster
from celery_platform.release.helm import chart

NAMESPACE, OPERATOR = KEDA.split("/")
CRD = "scaledobjects.keda.sh"
VERSION_LABEL = "app.kubernetes.io/version"
REPOSITORY = "https://kedacore.github.io/charts"
# Until its operator, webhooks and adapter are ready, on a node that may have to start first.
READY = "600s"


@dataclass(frozen=True)
class Pinned:
    """The oldest KEDA that the chart works with, and the chart that is installed where there is none."""

    least: Version
    version: str
    sha256: str


def pinned() -> Pinned:
    """What the chart's annotations say.

    Example: `pinned().least <= Version(pinned().version)`
    """
    annotations = yaml.safe_load((chart() / "Chart.yaml").read_text())["annotations"]
    return Pinned(Version(annotations["keda/least"]), annotations["keda/version"], annotations["keda/sha256"])


def ensure_keda(cluster: Cluster, own_chart: str = "") -> str:
    """Install KEDA if the cluster has none; returns what is there now, in words.

    Somebody else's KEDA is never changed: other teams' pods may scale by it.

    Args:
        cluster: the cluster.
        own_chart: a downloaded chart of the pinned version, for a machine that does not reach KEDA's repository.

    Raises:
        ChartError: KEDA is too old, is not where its role is, or cannot be installed.
    """
    wanted = pinned()
    operator = cluster.get("deployment", OPERATOR, NAMESPACE)
    if operator is None:
        if cluster.get("customresourcedefinition", CRD) is not None:
            raise ChartError(
                expected=f"KEDA's operator as {KEDA}, to which Terraform gave its role",
                found=f"the definitions of KEDA and no Deployment {KEDA}",
                remedy=f"Move KEDA to the namespace {NAMESPACE}, or remove it so that it is installed there.",
            )
        _install(cluster, wanted, own_chart)
        return f"KEDA {wanted.version} installed"
    found = _version(operator)
    if found < wanted.least:
        raise ChartError(
            expected=f"KEDA {wanted.least} or newer",
            found=f"KEDA {found}",
            remedy=f"Upgrade it: helm upgrade keda keda --repo {REPOSITORY} --version {wanted.version} -n {NAMESPACE}",
        )
    return f"KEDA {found} is there"


def _version(operator: dict[str, Any]) -> Version:
    """By its label, or else by its image's tag."""
    label = operator["metadata"].get("labels", {}).get(VERSION_LABEL, "")
    image = operator["spec"]["template"]["spec"]["containers"][0]["image"].partition("@")[0]
    for text in (label, image.rpartition(":")[2]):
        try:
            return Version(text)
        except InvalidVersion:
            continue
    raise ChartError(
        expected=f"KEDA's version in the label {VERSION_LABEL} of {KEDA}, or as its image's tag",
        found=f"{label!r} and {image!r}",
        remedy="Install KEDA from its chart.",
    )


def _install(cluster: Cluster, wanted: Pinned, own_chart: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(own_chart) if own_chart else Path(folder) / f"keda-{wanted.version}.tgz"
        if not own_chart:
            cluster.helm(
                "pull", "keda", f"--repo={REPOSITORY}", f"--version={wanted.version}", f"--destination={folder}"
            )
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != wanted.sha256:
            raise ChartError(
                expected=f"KEDA's chart {wanted.version} with the SHA-256 {wanted.sha256}",
                found=digest,
                remedy="Do not install it: it is not the chart that was tried.",
            )
        cluster.helm(
            "upgrade", "--install", "keda", str(file), f"--namespace={NAMESPACE}", "--create-namespace", "--wait",
            "--rollback-on-failure", f"--timeout={READY}",
        )  # fmt: skip
