"""Pack an image as a registry would hold it, weigh it, and write down what is in it."""

import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from celery_platform.errors import ImageError
from region.podman import Podman

# A new node pulls all of it before its first task starts.
MAX_COMPRESSED_MIB = 120


def archive(podman: Podman, image: str, file: Path) -> None:
    """Write the image as an OCI archive, its layers compressed as they are pushed."""
    file.unlink(missing_ok=True)
    podman.run("push", "--quiet", image, f"oci-archive:{file}", seconds=600)


def weigh(file: Path) -> float:
    """The size of an archive's layers in MiB.

    Raises:
        ImageError: they weigh more than `MAX_COMPRESSED_MIB`.
    """
    size = compressed_mib(file)
    if size > MAX_COMPRESSED_MIB:
        raise ImageError(
            expected=f"an image of at most {MAX_COMPRESSED_MIB} MiB, compressed",
            found=f"{size:.0f} MiB in {file}",
            remedy="Look for the layer that grew (`podman history`), and for the dependency behind it.",
        )
    return size


def compressed_mib(file: Path) -> float:
    """What a node pulls: the layers that the manifest names, in MiB."""
    with tarfile.open(file) as tar:
        (entry,) = _json(tar, "index.json")["manifests"]
        manifest = _json(tar, f"blobs/{entry['digest'].replace(':', '/')}")
    return sum(int(layer["size"]) for layer in manifest["layers"]) / 2**20


def _json(tar: tarfile.TarFile, path: str) -> dict[str, Any]:
    member = tar.extractfile(path)
    if member is None:
        raise ImageError(expected=f"a file {path} in the archive", found="none", remedy="Pack the image again.")
    content: dict[str, Any] = json.load(member)
    return content


def write_sbom(archive_file: Path, sbom: Path) -> int:
    """Write a CycloneDX list of the Debian and Python packages in an archive; returns how many.

    Raises:
        subprocess.CalledProcessError: syft cannot read the archive.
    """
    command = ["syft", "scan", "--quiet", f"oci-archive:{archive_file}", "--output", f"cyclonedx-json={sbom}"]
    subprocess.run(command, check=True, env=os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"})
    components = json.loads(sbom.read_text())["components"]
    return sum(1 for component in components if component.get("purl"))
