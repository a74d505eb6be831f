"""Pack an image as for a registry, measure its size, and list its contents."""

import json
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery_platform.errors import ImageError
from local_containers.podman import Podman

# A new node pulls the image before its first task starts.
MAX_PLATFORM_MIB = 110


def archive(podman: Podman, image: str, file: Path) -> None:
    """Write the image as an OCI archive with compressed layers, as in a push. Its index has the tag, the release."""
    file.unlink(missing_ok=True)
    podman.run("push", "--quiet", image, f"oci-archive:{file}:{image.rpartition(':')[2]}", seconds=600)


@dataclass(frozen=True)
class Size:
    """The compressed size in MiB: the layers up to the platform, and those of the application after it."""

    platform: float
    application: float

    @property
    def total(self) -> float:
        """The sum of both."""
        return self.platform + self.application


def weigh(file: Path) -> Size:
    """The compressed size of an archive's layers. The size of the application has no limit.

    Raises:
        ImageError: the platform's layers are larger than `MAX_PLATFORM_MIB`.
    """
    size = compressed(file)
    if size.platform > MAX_PLATFORM_MIB:
        raise ImageError(
            expected=f"a platform of at most {MAX_PLATFORM_MIB} MiB in the image, compressed",
            found=f"{size.platform:.0f} MiB in {file}",
            remedy="Find the layer that grew (`podman history`) and the dependency that caused it.",
        )
    return size


def compressed(file: Path) -> Size:
    """The layers in an archive's manifest, split at the one that copies the platform.

    Raises:
        ImageError: no layer was created by that instruction.
    """
    with tarfile.open(file) as tar:
        (entry,) = _json(tar, "index.json")["manifests"]
        manifest = _json(tar, _blob(entry))
        history = _json(tar, _blob(manifest["config"]))["history"]
    made_by = [step.get("created_by", "") for step in history if not step.get("empty_layer")]
    sizes = [int(layer["size"]) / 2**20 for layer in manifest["layers"]]
    last = next((number for number, words in enumerate(made_by) if _copies_platform(words)), None)
    if last is None or len(made_by) != len(sizes):
        raise ImageError(
            expected="a layer created by `COPY ... /opt/celery` in the image",
            found=f"{len(sizes)} layers created by {made_by}",
            remedy="Build it with `make image`.",
        )
    return Size(sum(sizes[: last + 1]), sum(sizes[last + 1 :]))


def _copies_platform(words: str) -> bool:
    return "COPY" in words and "/opt/celery" in words


def _blob(entry: dict[str, Any]) -> str:
    return f"blobs/{entry['digest'].replace(':', '/')}"


def _json(tar: tarfile.TarFile, path: str) -> dict[str, Any]:
    member = tar.extractfile(path)
    if member is None:
        raise ImageError(expected=f"a file {path} in the archive", found="none", remedy="Pack the image again.")
    content: dict[str, Any] = json.load(member)
    return content


def write_sbom(archive_file: Path, sbom: Path) -> int:
    """Write a CycloneDX list of the Debian and Python packages in an archive; returns their number.

    Raises:
        subprocess.CalledProcessError: syft cannot read the archive.
    """
    command = ["syft", "scan", "--quiet", f"oci-archive:{archive_file}", "--output", f"cyclonedx-json={sbom}"]
    subprocess.run(command, check=True, env=os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"})
    components = json.loads(sbom.read_text())["components"]
    return sum(1 for component in components if component.get("purl"))
