"""What a record says of a release."""

import hashlib
import json
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

# Of the names of a record's parts in the store.
WHEELHOUSE, CHART, CONFIGURATION, SBOM = "wheelhouse.tar", "chart.tar", "resolved.json", "sbom.cdx.json"
DIRTY = "-dirty"
DIGITS_OF_CONFIGURATION = 16


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Frozen):
    """A file of a release in the store: its key, its SHA-256 and its size in bytes."""

    key: str
    sha256: str
    size: int


class Image(_Frozen):
    """An image in the environment's registry, by digest (`sha256:...`)."""

    repository: str
    digest: str

    def __str__(self) -> str:
        """As a pod names it."""
        return f"{self.repository}@{self.digest}"


class Manifest(_Frozen):
    """A release of an environment: its parts, where they came from and who pushed them.

    `sources` is the id of the code: the tag of the image and, with the Python version, the folder on hosts.
    `configuration` is the digest of resolved.json by which hosts name it. `parts` are by the names above; one that the
    environment does not use is missing.
    """

    id: str
    environment: str
    commit: str
    dirty: bool
    pushed_by: str
    pushed_at: AwareDatetime
    sources: str
    configuration: str
    parts: dict[str, Part]
    image: Image | None

    @property
    def on_hosts(self) -> tuple[str, str]:
        """What hosts have of it: its code and its configuration."""
        return self.sources, self.configuration


class HostNote(_Frozen):
    """What a host runs, as the role `release` notes it: the folder of its release, and the digest of its configuration.

    Example: `HostNote(release="92c0b9fa8a11-python3.13", configuration="1f").on_hosts == ("92c0b9fa8a11", "1f")`
    """

    release: str
    configuration: str

    @property
    def on_hosts(self) -> tuple[str, str]:
        """Its code and its configuration, as those of a manifest."""
        return self.release.partition("-python")[0], self.configuration


def release_id(sources: str, configuration: str, chart: str, *, dirty: bool) -> str:
    """The id of a release: that of its code, and a digest of its configuration and chart.

    Equal content has the same id, whoever pushes it. Content that no commit has is marked.

    Example: `release_id("92c0b9fa8a11", "1f...", "c4...", dirty=False) == "92c0b9fa8a11-5a41d0c7"`
    """
    rest = hashlib.sha256(f"{configuration} {chart}".encode()).hexdigest()[:8]
    return f"{sources}-{rest}{DIRTY if dirty else ''}"


def configuration_digest(resolved: dict[str, Any]) -> str:
    """The name of a configuration on hosts, as the role celery_app derives it.

    Example: `len(configuration_digest(resolve(load("prod")))) == 16`
    """
    return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:DIGITS_OF_CONFIGURATION]
