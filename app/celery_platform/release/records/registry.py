"""Push an OCI archive to the environment's registry with ECR's own operations, which need AWS credentials only.

The digest stays that of the archive, because its bytes are uploaded as they are.
"""

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from celery_platform.errors import ReleaseChangedError, ReleaseError
from celery_platform.release.records.account import explained
from celery_platform.release.records.manifest import Image
from celery_platform.settings.discovery import client

Json = dict[str, Any]
TAG = "org.opencontainers.image.ref.name"
EMPTY = "the archive's index names no image"


class Archive:
    """An image in an OCI archive (`make image`). Use it as long as its file is open.

    Example: `with image_archive(file) as archive: archive.digest`
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        (entry,) = json.loads(self._content("index.json"))["manifests"]
        self.tag: str = entry.get("annotations", {}).get(TAG, "")
        self.digest: str = entry["digest"]
        self.media_type: str = entry["mediaType"]
        self.manifest = self._content(_blob(self.digest))

    def blobs(self) -> list[str]:
        """The digests of its layers and of its configuration."""
        read = json.loads(self.manifest)
        return [one["digest"] for one in (*read["layers"], read["config"])]

    def open(self, digest: str) -> IO[bytes]:
        """The content of a blob."""
        member = self._tar.extractfile(_blob(digest))
        if member is None:
            raise KeyError(digest)
        return member

    def _content(self, path: str) -> bytes:
        member = self._tar.extractfile(path)
        if member is None:
            raise KeyError(path)
        return member.read()


@contextmanager
def image_archive(file: Path, tag: str, name: str) -> Iterator[Archive]:
    """The image of `make image`, if it has this tag.

    Raises:
        ReleaseError: there is none, or it was built from other sources.
    """
    remedy = f"Run `make image ENV={name}` from this tree."
    if not file.exists():
        raise ReleaseError(expected=f"the image of release {tag} in {file}", found="no such file", remedy=remedy)
    with tarfile.open(file) as tar:
        try:
            archive = Archive(tar)
        except (KeyError, ValueError):
            raise ReleaseError(expected=f"an image in {file}", found=EMPTY, remedy=remedy) from None
        if archive.tag != tag:
            found = f"that of {archive.tag or 'no release'}"
            raise ReleaseError(expected=f"the image of release {tag} in {file}", found=found, remedy=remedy)
        yield archive


def push(archive: Archive, repository: str, tag: str) -> Image:
    """Upload the image unless the registry has one of this tag, which never changes: then it is the release's.

    Raises:
        ReleaseError: ECR refuses.

    Example: `push(archive, "celery-prod/app", "92c0b9fa8a11").digest`
    """
    ecr = client("ecr")
    with explained(f"to push to the registry {repository}"):
        (described,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
        digest = _tagged(ecr, repository, tag)
        if not digest:
            _upload_image(ecr, archive, repository, tag)
            digest = _tagged(ecr, repository, tag)
    return Image(repository=described["repositoryUri"], digest=digest)


def check(image: Image, repository: str) -> None:
    """Check that the registry has an image of this digest.

    Raises:
        ReleaseChangedError: it has none, for example because old images were removed.
    """
    with explained(f"the registry {repository} to answer"):
        found = client("ecr").batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": image.digest}])
    if not found["images"]:
        raise ReleaseChangedError(
            expected=f"the image {image} of this release",
            found="none of that digest in the registry, which keeps the newest ones",
            remedy="Check out the release's commit, and run `make image` and `make push`.",
        )


def _tagged(ecr: Any, repository: str, tag: str) -> str:
    """The digest of the image that has a tag; empty without one."""
    found = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])["images"]
    return str(found[0]["imageId"]["imageDigest"]) if found else ""


def _upload_image(ecr: Any, archive: Archive, repository: str, tag: str) -> None:
    blobs = archive.blobs()
    known = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=blobs)["layers"]
    available = {one["layerDigest"] for one in known if one.get("layerAvailability") == "AVAILABLE"}
    for digest in blobs:
        if digest not in available:
            _upload(ecr, archive, repository, digest)
    faster = ecr.exceptions.ImageTagAlreadyExistsException, ecr.exceptions.ImageAlreadyExistsException
    with suppress(*faster):  # another push
        ecr.put_image(
            repositoryName=repository, imageManifest=archive.manifest.decode(), imageTag=tag,
            imageManifestMediaType=archive.media_type, imageDigest=archive.digest,
        )  # fmt: skip


def _upload(ecr: Any, archive: Archive, repository: str, digest: str) -> None:
    begun = ecr.initiate_layer_upload(repositoryName=repository)
    upload, size, first = begun["uploadId"], begun["partSize"], 0
    with archive.open(digest) as content:
        while part := content.read(size):
            last = first + len(part) - 1
            ecr.upload_layer_part(
                repositoryName=repository, uploadId=upload, partFirstByte=first, partLastByte=last, layerPartBlob=part
            )
            first = last + 1
    with suppress(ecr.exceptions.LayerAlreadyExistsException):  # another push was faster
        ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
