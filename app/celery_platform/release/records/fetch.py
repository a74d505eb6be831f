"""Take a recorded release from the store: its signature and the digest of each part are checked before any use."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery_platform.environment.checkout import checkout
from celery_platform.errors import ReleaseError
from celery_platform.release.records.archives import unpack
from celery_platform.release.records.manifest import CHART, CONFIGURATION, WHEELHOUSE, Manifest
from celery_platform.release.records.store import Store


@dataclass(frozen=True)
class Fetched:
    """A release on this machine, in `dist/releases/<environment>/<id>`."""

    manifest: Manifest
    folder: Path

    @property
    def configuration(self) -> Path:
        """Its resolved.json."""
        return self.folder / CONFIGURATION

    @property
    def resolved(self) -> dict[str, Any]:
        """The content of its resolved.json."""
        content: dict[str, Any] = json.loads(self.configuration.read_text())
        return content

    @property
    def chart(self) -> Path:
        """The folder of its chart."""
        return self.folder / "chart"

    @property
    def wheelhouse(self) -> Path:
        """The folder of its wheels."""
        return self.folder / "wheelhouse"


def for_pods(store: Store, wanted: str) -> Fetched:
    """The chart, configuration and image of a release, chosen by its id or the beginning of it.

    Raises:
        ReleaseError: there is no such release, it was changed after its push, or it has no image.

    Example: `for_pods(store, "92c0b9fa8a11-5a41d0c7").manifest.image`
    """
    fetched = _fetch(store, wanted, CONFIGURATION, CHART)
    if fetched.manifest.image is None:
        raise _without(fetched.manifest, "image", "pods")
    unpack(fetched.folder / CHART, fetched.chart)
    return fetched


def for_hosts(store: Store, wanted: str) -> Fetched:
    """The wheels and configuration of a release, chosen by its id or the beginning of it.

    Raises:
        ReleaseError: there is no such release, it was changed after its push, or it has no wheels.

    Example: `(for_hosts(store, "92c0b9fa8a11-5a41d0c7").wheelhouse / "app.json").exists()`
    """
    fetched = _fetch(store, wanted, CONFIGURATION, WHEELHOUSE)
    unpack(fetched.folder / WHEELHOUSE, fetched.wheelhouse)
    return fetched


def _fetch(store: Store, wanted: str, *names: str) -> Fetched:
    manifest = store.find(wanted)
    folder = checkout() / "dist" / "releases" / store.environment / manifest.id
    for name in names:
        if name not in manifest.parts:
            raise _without(manifest, name, "hosts")
        store.get_part(manifest.parts[name], folder / name)
    return Fetched(manifest, folder)


def _without(manifest: Manifest, part: str, where: str) -> ReleaseError:
    return ReleaseError(
        expected=f"release {manifest.id} to have a part {part}, which {where} need",
        found=", ".join([*manifest.parts, *(["image"] if manifest.image else [])]),
        remedy=f"{manifest.environment} had no {where} when it was pushed. Push again from a commit in which it has.",
    )
