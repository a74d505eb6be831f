"""A destroy that AWS would end in the middle is refused before anything is destroyed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from runner.before_destroy import check_destroyable
from runner.errors import RunError

from tests.harness import servers


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An emulated account with a bucket of one object and an empty one."""
    folder: Path = tmp_path_factory.mktemp("account")
    with servers.aws(folder) as endpoint, pytest.MonkeyPatch.context() as variables:
        keys = {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "emulated"}
        for name, value in {**keys, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": endpoint}.items():
            variables.setenv(name, value)
        s3 = boto3.client("s3")
        for name in ("full", "empty"):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="full", Key="kept", Body=b"x")
        boto3.client("ecr").create_repository(repositoryName="app")
        yield


def test_a_protected_load_balancer_is_named_with_the_way_out() -> None:
    balancer = _one("module.rabbitmq_hosts[0].aws_lb.this[0]", enable_deletion_protection=True)

    with pytest.raises(RunError, match=r"deletion protection.*rabbitmq_hosts\[0\]\.aws_lb.*`make apply` with destroy_"):
        check_destroyable(_state(balancer))


@pytest.mark.usefixtures("account")
def test_a_bucket_with_objects_is_named() -> None:
    buckets = [_one(f'module.buckets["{name}"].aws_s3_bucket.this', bucket=name) for name in ("full", "empty")]

    with pytest.raises(RunError, match="found objects in full"):
        check_destroyable(_state(*buckets))


@pytest.mark.usefixtures("account")
def test_what_is_empty_or_told_to_lose_its_content_is_no_obstacle() -> None:
    check_destroyable(
        _state(
            _one("module.buckets.aws_s3_bucket.this", bucket="empty"),
            _one("module.transfer.aws_s3_bucket.this", bucket="full", force_destroy=True),
            _one("module.registry[0].aws_ecr_repository.this", name="app"),
            _one("module.rabbitmq_hosts[0].aws_lb.this[0]", enable_deletion_protection=False),
        )
    )


@pytest.mark.usefixtures("account")
def test_what_somebody_deleted_by_hand_is_no_obstacle() -> None:
    check_destroyable(
        _state(
            _one("module.buckets.aws_s3_bucket.this", bucket="deleted"),
            _one("module.registry[0].aws_ecr_repository.this", name="deleted"),
        )
    )


def test_an_environment_that_was_never_applied_has_nothing_in_the_way() -> None:
    check_destroyable({})


def _one(address: str, **values: Any) -> dict[str, Any]:
    """A managed resource, as `terraform show -json` has it."""
    return {"address": address, "mode": "managed", "type": address.split(".")[-2], "values": values}


def _state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"values": {"root_module": {"child_modules": [{"resources": list(resources)}]}}}
