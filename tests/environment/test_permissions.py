"""Buckets, and what a pool may do in the account: the file lists it, and it is never everything."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from celery_platform.environment.rules import broken

from .conftest import Edit

IO = "max: 20, instance_type: m7i.large}"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"


def with_permissions(edit: Edit, permissions: str) -> None:
    edit(IO, f"{IO.rstrip('}')}, permissions: {permissions}}}")


def test_a_pools_statements_belong_to_its_own_role_only(edit_prod: Edit) -> None:
    condition = "{StringEquals: {aws:RequestedRegion: [eu-west-1]}}"
    statement = f"{{actions: [dynamodb:GetItem], resources: ['{TABLE}'], conditions: {condition}}}"
    with_permissions(edit_prod, f"{{statements: [{statement}]}}")

    resolved = resolve(load("prod"))

    conditions = [{"test": "StringEquals", "variable": "aws:RequestedRegion", "values": ["eu-west-1"]}]
    stated = {"actions": ["dynamodb:GetItem"], "resources": [TABLE], "conditions": conditions}
    assert resolved["workloads"]["worker-io"]["statements"] == [stated]
    assert resolved["workloads"]["worker-cpu"]["statements"] == []
    assert resolved["delivery"]["services"] == ["dynamodb"]


def test_by_default_a_pool_reads_and_writes_every_bucket() -> None:
    workloads = resolve(load("prod"))["workloads"]

    assert workloads["worker-io"]["buckets"] == workloads["producer"]["buckets"] == {"files": ("read", "write")}
    assert workloads["beat"]["buckets"] == {}


def test_a_pool_that_lists_buckets_has_access_to_only_these(edit_prod: Edit) -> None:
    edit_prod("buckets: [files]", "buckets: [files, invoices]")
    with_permissions(edit_prod, "{buckets: {invoices: [read]}}")

    assert resolve(load("prod"))["workloads"]["worker-io"]["buckets"] == {"invoices": ("read",)}


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        ("{statements: [{actions: ['*'], resources: ['*']}]}", "the service without wildcards"),
        ("{statements: [{actions: ['*:*'], resources: ['*']}]}", "the service without wildcards"),
        ("{statements: [{actions: ['iam:PassRole'], resources: ['*']}]}", "these change permissions"),
        ("{statements: [{actions: ['organizations:List*'], resources: ['*']}]}", "these change permissions"),
        ("{statements: [{actions: ['dynamodb:*'], resources: ['*']}]}", "found dynamodb:* on *"),
        ("{statements: [{actions: ['dynamodb:GetItem'], resources: [orders]}]}", "an ARN, or *"),
        ("{statements: [{actions: [], resources: ['*']}]}", "a list (at least 1)"),
        ("{buckets: {invoices: [read]}}", "pools.io.permissions.buckets: found invoices; allowed: one of"),
        ("{buckets: {files: [list]}}", "found 'list'"),
    ],
)
def test_a_statement_that_allows_too_much_is_refused(edit_prod: Edit, permissions: str, told: str) -> None:
    with_permissions(edit_prod, permissions)

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert told in str(refused.value)


@pytest.mark.parametrize("label", ["transfer", "terraform_state"])
def test_a_bucket_with_a_label_of_the_platform_is_refused(edit_prod: Edit, label: str) -> None:
    edit_prod("buckets: [files]", f"buckets: [{label}]")

    with pytest.raises(EnvironmentFileError, match="another label: the platform uses transfer, terraform_state"):
        load("prod")


def test_a_bucket_whose_name_would_be_too_long_for_s3_is_refused(edit_prod: Edit) -> None:
    edit_prod("buckets: [files]", "buckets: [uploads_of_all_our_customers]")
    longest = load("prod").model_copy(update={"name": "a" * 18})

    assert [str(problem) for problem in broken(longest)] == [
        "application.buckets: found uploads_of_all_our_customers; "
        "allowed: a label of at most 24 characters: it is part of the bucket's name"
    ]
