"""The records of an environment's releases, and their parts, in its bucket.

`releases/<id>/record.json` is the signed manifest. The release's parts are beside it, under names that begin with their
digest, so that two pushes of the same release, or one that was interrupted, replace no part of a record.
`hosts/<name>.json` says what a host runs, as `make site` left it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from celery_platform.errors import ReleaseChangedError, ReleaseError
from celery_platform.release.records.account import explained
from celery_platform.release.records.archives import sha256
from celery_platform.release.records.manifest import DIRTY, HostNote, Manifest, Part
from celery_platform.release.records.signature import Key, key_alias
from celery_platform.settings.discovery import client

RELEASES, HOSTS, RECORD = "releases", "hosts", "record.json"
# As many as the registry keeps images (terraform/modules/registry).
KEPT = 50
DIGITS_OF_PART = 12
# S3's answers to a write that must not replace anything: the object is there, or is being written.
WRITTEN_MEANWHILE = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True)
class Store:
    """The bucket of an environment's releases, and the key that signs them."""

    environment: str
    bucket: str
    key: Key

    def put_part(self, id_: str, file: Path) -> Part:
        """Upload a file of a release."""
        digest = sha256(file)
        key = f"{RELEASES}/{id_}/{digest[:DIGITS_OF_PART]}-{file.name}"
        part = Part(key=key, sha256=digest, size=file.stat().st_size)
        with explained(f"to write {part.key} to the bucket {self.bucket}"), file.open("rb") as content:
            self._s3.put_object(Bucket=self.bucket, Key=part.key, Body=content)
        return part

    def get_part(self, part: Part, file: Path) -> None:
        """Download a part, unless the file has its content already.

        Raises:
            ReleaseChangedError: the bucket has not the content that the manifest names.
        """
        if file.exists() and sha256(file) == part.sha256:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        found = self._download(part.key, file)
        if found != part.sha256:
            file.unlink(missing_ok=True)
            raise ReleaseChangedError(
                expected=f"{part.key} with the SHA-256 {part.sha256} of its manifest",
                found=found or "no such file",
                remedy="Do not deploy it: the file was changed after the push. Find out who wrote to the bucket "
                f"{self.bucket} (CloudTrail), and push again from the commit.",
            )

    def put(self, manifest: Manifest, *, again: bool = False) -> bool:
        """Sign and write a record, after its parts: a release is recorded when this has ended.

        Returns whether it was written: one of this id is replaced only `again`, because it cannot be used any more.
        """
        from botocore.exceptions import ClientError

        condition = {} if again else {"IfNoneMatch": "*"}
        envelope = self.key.seal(manifest.model_dump_json().encode())
        with explained(f"to write the record of {manifest.id}"):
            try:
                self._s3.put_object(Bucket=self.bucket, Key=_record(manifest.id), Body=envelope, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] in WRITTEN_MEANWHILE:
                    return False
                raise
        return True

    def get(self, id_: str) -> Manifest:
        """A record, with its signature checked.

        Raises:
            ReleaseError: there is none of this id.
            ReleaseChangedError: it is not what was signed.
        """
        label = f"the record of release {id_}"
        with explained(label, "Choose one of `make releases`."):
            envelope = self._s3.get_object(Bucket=self.bucket, Key=_record(id_))["Body"].read()
        return self._read(self.key.opened(envelope, label), id_)

    def find(self, wanted: str) -> Manifest:
        """The release of an id, or of its beginning if no other id begins with it. An experiment is chosen by its
        whole id, so that nobody deploys one by accident.

        Raises:
            ReleaseError: as `get`, or several begin so.
        """
        found = [id_ for id_ in self.ids() if id_.startswith(wanted)]
        if wanted in found:
            return self.get(wanted)
        committed = [id_ for id_ in found if not id_.endswith(DIRTY)]
        if len(committed) != 1:
            raise ReleaseError(
                expected=f"one recorded release of {self.environment} whose id begins with {wanted or 'nothing'}",
                found=", ".join(found) or "none",
                remedy=f"Choose one of `make releases ENV={self.environment}`, and one with {DIRTY} by its whole id.",
            )
        return self.get(committed[0])

    def ids(self) -> list[str]:
        """The ids of all recorded releases, in no order."""
        return [key.split("/")[1] for key in self._keys(f"{RELEASES}/") if key.endswith(f"/{RECORD}")]

    def releases(self) -> tuple[list[Manifest], list[ReleaseError]]:
        """All recorded releases, the newest first, and the errors of those that must not be used."""
        good, bad = [], []
        for id_ in self.ids():
            try:
                good.append(self.get(id_))
            except ReleaseError as error:
                bad.append(error)
        return sorted(good, key=lambda one: one.pushed_at, reverse=True), bad

    def hosts(self, names: Collection[str]) -> tuple[dict[str, HostNote], list[ReleaseError]]:
        """What each of these hosts runs, by its name, and the errors of notes that cannot be read.

        Notes of hosts that the environment has no more stay in the bucket.
        """
        good, bad = {}, []
        for key in self._keys(f"{HOSTS}/"):
            if (name := Path(key).stem) not in names:
                continue
            with explained(f"{key} in the bucket {self.bucket}"):
                content = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            try:
                good[name] = HostNote.model_validate_json(content)
            except ValidationError as error:
                found = str(error.errors()[0]["msg"])
                remedy = "Run `make site`, which writes it again."
                bad.append(ReleaseError(expected=f"what {name} runs, in {key}", found=found, remedy=remedy))
        return good, bad

    def remove(self, id_: str) -> None:
        """Remove a release: the record first, because nobody may find it without its parts."""
        for key in [_record(id_), *self._keys(f"{RELEASES}/{id_}/")]:
            with explained(f"to remove {key} from the bucket {self.bucket}"):
                self._s3.delete_object(Bucket=self.bucket, Key=key)

    @cached_property
    def _s3(self) -> Any:
        return client("s3")

    def _download(self, key: str, file: Path) -> str:
        """Write an object to a file; returns its SHA-256, empty if there is no such object."""
        with explained(f"{key} in the bucket {self.bucket}"):
            try:
                body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"]
            except self._s3.exceptions.NoSuchKey:
                return ""
            with file.open("wb") as content:
                for chunk in body.iter_chunks(2**20):
                    content.write(chunk)
        return sha256(file)

    def _keys(self, prefix: str) -> Iterator[str]:
        with explained(f"to list the bucket {self.bucket}"):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (one["Key"] for one in page.get("Contents", []))

    def _read(self, payload: bytes, id_: str) -> Manifest:
        """A signed manifest under another name would be another release than the one that was asked for."""
        try:
            manifest = Manifest.model_validate_json(payload)
        except ValidationError as error:
            raise ReleaseError(
                expected=f"a record of release {id_} that this version reads",
                found=str(error.errors()[0]["msg"]),
                remedy="Use the checkout that pushed it.",
            ) from None
        if (manifest.id, manifest.environment) != (id_, self.environment):
            raise ReleaseChangedError(
                expected=f"the record of release {id_} of {self.environment}",
                found=f"that of release {manifest.id} of {manifest.environment} in its place",
                remedy=f"Do not deploy it. Find out who wrote to the bucket {self.bucket} (CloudTrail).",
            )
        return manifest


def _record(id_: str) -> str:
    return f"{RELEASES}/{id_}/{RECORD}"


def store_of(resolved: dict[str, Any]) -> Store:
    """The store of an environment, whose bucket Terraform names in a discovery parameter.

    Raises:
        ReleaseError: Terraform has made none yet.

    Example: `store_of(resolved).bucket == "celery-prod-releases-123456789012"`
    """
    name = f"{resolved['discovery_prefix']}/release_bucket"
    with explained(f"the SSM parameter {name}", "Run `make plan apply`, which makes the bucket of releases."):
        bucket = client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    return Store(resolved["name"], bucket, Key(key_alias(resolved)))
