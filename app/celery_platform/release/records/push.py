"""`make push`: what was built goes where the environment takes it from, and a signed record says what it was."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from celery_platform.environment.checkout import checkout
from celery_platform.environment.files import resolved_file
from celery_platform.environment.load import environments_folder, load
from celery_platform.errors import ReleaseChangedError, ReleaseError
from celery_platform.release import wheelhouse
from celery_platform.release.helm import chart
from celery_platform.release.lock_file import Target
from celery_platform.release.records import registry
from celery_platform.release.records.account import explained
from celery_platform.release.records.archives import pack, sha256
from celery_platform.release.records.manifest import (
    CHART,
    CONFIGURATION,
    SBOM,
    WHEELHOUSE,
    Image,
    Manifest,
    configuration_digest,
    release_id,
)
from celery_platform.release.records.source_tree import SourceTree, refuse_changes, source_tree
from celery_platform.release.records.store import KEPT, Store
from celery_platform.release.release import release_of
from celery_platform.settings.discovery import client

Json = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """What `make wheelhouse` and `make image` built for an environment: the id of the sources, and the files."""

    sources: str
    wheels: Path
    image: Path
    sbom: Path


def built(resolved: Json) -> Built:
    """What was built from this tree.

    Raises:
        ReleaseError: the wheelhouse is of other sources or for other hosts.

    Example: `built(resolved).sources == release_of(load("prod")).id`
    """
    name = resolved["name"]
    release = release_of(load(name))
    wheels, images = wheelhouse.wheelhouse(), checkout() / "dist" / "image"
    targets = [Target(resolved["hosts"]["python_version"], machine) for machine in resolved["hosts"]["machines"]]
    found = wheelhouse.manifest(wheels)
    if _has_hosts(resolved) and found.get("sources") != wheelhouse.made_from(release, targets):
        raise ReleaseError(
            expected=f"the wheels of release {release.id} for {wheelhouse.words(targets)} in {wheels}",
            found=found.get("sources", "none"),
            remedy=f"Run `make wheelhouse ENV={name}`.",
        )
    return Built(release.id, wheels, images / "app.oci.tar", images / SBOM)


def push(store: Store, resolved: Json, made: Built, say: Say, *, allow_dirty: bool = False) -> Manifest:
    """Upload the parts of a release and record it. Content that is recorded already is recorded again only if it
    cannot be deployed any more: a part or the image is gone, or something was changed.

    Args:
        store: the environment's.
        resolved: its configuration.
        made: what was built.
        say: prints a line.
        allow_dirty: also from a tree that differs from its commit; its record is marked.

    Raises:
        ReleaseError: the tree differs from its commit, or AWS refuses. Nothing is recorded then.
    """
    tree = source_tree(checkout(), environments_folder())
    if not allow_dirty:
        refuse_changes(tree)
    with tempfile.TemporaryDirectory() as folder:
        packed = _packed(resolved, made, Path(folder))
        configuration = configuration_digest(resolved)
        id_ = release_id(made.sources, configuration, sha256(packed[CHART]), dirty=bool(tree.changed))
        again = id_ in store.ids()
        if again and (recorded := _usable(store, id_, resolved, Path(folder) / "recorded", say)):
            return recorded
        image = _image(store, resolved, made, packed, say)
        parts = {}
        for file in packed.values():
            parts[file.name] = store.put_part(id_, file)
            say(f"{file.name}  {parts[file.name].size / 2**20:.1f} MiB  {parts[file.name].sha256[:12]}")
    manifest = Manifest(
        id=id_, environment=resolved["name"], commit=tree.commit, dirty=bool(tree.changed), pushed_by=_who(),
        pushed_at=datetime.now(UTC), sources=made.sources, configuration=configuration, parts=parts, image=image,
    )  # fmt: skip
    if not store.put(manifest, again=again):
        say(f"release {id_} was recorded by another push meanwhile")
        return store.get(id_)
    say(f"release {id_} is recorded and signed, {_of(tree)}")
    _remove_old(store, resolved, say)
    return manifest


def _usable(store: Store, id_: str, resolved: Json, folder: Path, say: Say) -> Manifest | None:
    """The record of a release, if all that it names is as it was pushed."""
    try:
        manifest = store.get(id_)
        for name, part in manifest.parts.items():
            store.get_part(part, folder / name)
        if manifest.image:
            registry.check(manifest.image, resolved["registry"]["name"])
    except ReleaseChangedError as error:
        say(f"release {id_} is recorded again: expected {error.expected}, found {error.found}")
        return None
    say(f"release {id_} is recorded already")
    return manifest


def _packed(resolved: Json, made: Built, folder: Path) -> dict[str, Path]:
    """The parts as files, by their names."""
    packed = {name: folder / name for name in (CHART, CONFIGURATION)}
    pack(chart(), packed[CHART])
    shutil.copy(resolved_file(resolved["name"]), packed[CONFIGURATION])
    if _has_hosts(resolved):
        packed[WHEELHOUSE] = folder / WHEELHOUSE
        pack(made.wheels, packed[WHEELHOUSE])
    return packed


def _image(store: Store, resolved: Json, made: Built, packed: dict[str, Path], say: Say) -> Image | None:
    """Push the image, and add the list of its contents to the parts."""
    if not resolved["eks"]["enabled"]:
        return None
    with registry.image_archive(made.image, made.sources, resolved["name"]) as archive:
        image = registry.push(archive, resolved["registry"]["name"], made.sources)
        own = image.digest == archive.digest
    say(f"image {image}" if own else f"image {image}, which the registry has of these sources already")
    file = packed[CHART].with_name(SBOM)
    if own:
        shutil.copy(made.sbom, file)
    elif not _earlier_sbom(store, image, file):
        say("no list of that image's contents: it was not pushed by `make push`")
        return image
    packed[SBOM] = file
    return image


def _earlier_sbom(store: Store, image: Image, file: Path) -> bool:
    """Fetch the list of an image's contents from the release with which it was pushed."""
    for manifest in store.releases()[0]:
        if manifest.image == image and SBOM in manifest.parts:
            with suppress(ReleaseChangedError):  # another release may have the same list
                store.get_part(manifest.parts[SBOM], file)
                return True
    return False


def _has_hosts(resolved: Json) -> bool:
    """Whether hosts install wheels: those of workers and of the exporter."""
    return bool(resolved["worker_hosts"] or resolved["monitoring_hosts"])


def _who() -> str:
    with explained("to know who pushes (sts:GetCallerIdentity)"):
        return str(client("sts").get_caller_identity()["Arn"])


def _of(tree: SourceTree) -> str:
    return f"of commit {tree.commit[:12]}" + (f" with {len(tree.changed)} changed files" if tree.changed else "")


def _remove_old(store: Store, resolved: Json, say: Say) -> None:
    """Keep the newest releases, and those that hosts run. The push is complete, whatever comes of this."""
    try:
        if len(store.ids()) <= KEPT:
            return
        notes, unread = store.hosts(resolved["worker_hosts"])
        if unread:
            raise unread[0]
        running = {note.on_hosts for note in notes.values()}
        for old in store.releases()[0][KEPT:]:
            if old.on_hosts not in running:
                store.remove(old.id)
                say(f"release {old.id} of {old.pushed_at:%Y-%m-%d} is removed: {KEPT} are kept")
    except ReleaseError as error:
        say(f"not every old release was removed: {error}")
