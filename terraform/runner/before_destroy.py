"""What would end a destroy in the middle: AWS deletes nothing that is protected, and no bucket that is not empty."""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from runner.errors import RunError


def check_destroyable(state: Mapping[str, Any]) -> None:
    """Check the resources of a state (`terraform show -json`) before any of them is destroyed.

    Raises:
        RunError: one of them would not be deleted; the error lists all of these.
    """
    resources = list(_resources(state.get("values", {}).get("root_module")))
    if protected := sorted(_protected(resources)):
        remedy = "`make plan` and `make apply` with destroy_lock: false, which ends the protection; then destroy"
        raise RunError("no deletion protection in the account", f"it on {', '.join(protected)}", remedy)
    if full := sorted(_with_content(resources)):
        remedy = "save what you need, empty them, and destroy again: nothing was changed"
        raise RunError("empty buckets and repositories", ", ".join(full), remedy)


def _protected(resources: list[Mapping[str, Any]]) -> Iterator[str]:
    for one in resources:
        if one["values"].get("enable_deletion_protection"):
            yield one["address"]


def _with_content(resources: list[Mapping[str, Any]]) -> Iterator[str]:
    for one in resources:
        values = one["values"]
        if one["type"] == "aws_s3_bucket" and not values.get("force_destroy") and _has_objects(values["bucket"]):
            yield f"objects in {values['bucket']}"
        elif one["type"] == "aws_ecr_repository" and not values.get("force_delete") and _has_images(values["name"]):
            yield f"images in {values['name']}"


# What is in the state but no longer in the account was deleted by hand, and is no obstacle.
def _has_objects(bucket: str) -> bool:
    client = boto3.client("s3")
    try:
        return bool(client.list_objects_v2(Bucket=bucket, MaxKeys=1).get("KeyCount"))
    except client.exceptions.NoSuchBucket:
        return False


def _has_images(repository: str) -> bool:
    client = boto3.client("ecr")
    try:
        return bool(client.list_images(repositoryName=repository, maxResults=1)["imageIds"])
    except client.exceptions.RepositoryNotFoundException:
        return False


def _resources(module: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    if module is not None:
        yield from (one for one in module.get("resources", []) if one["mode"] == "managed")
        for child in module.get("child_modules", []):
            yield from _resources(child)
