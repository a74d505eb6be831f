"""The state of an earlier version is migrated: resources move to their new address and are not destroyed."""

import json
from typing import Any

import pytest
from celery_platform.rendering import write

from tests.terraform.conftest import copied
from tests.terraform.deployment import ACCOUNT, Deployment, emulator, free_port, own_account, set_line

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]

BUCKET = f"celery-local-media-{ACCOUNT}"
STATE_BUCKET = f"celery-local-terraform-state-{ACCOUNT}"
POLICIES = ("aws_sqs_queue_policy", "aws_sqs_queue_redrive_policy", "aws_sqs_queue_redrive_allow_policy")
SECRET_VERSION = "aws_secretsmanager_secret_version"


def resources(module: str, kinds: dict[str, dict[str, str]], key: str | None = None) -> list[dict[str, Any]]:
    """One resource of each type in a module, as a state has it; `terraform plan` reads the rest from the account."""
    index = {} if key is None else {"index_key": key}
    return [
        {
            "module": module,
            "mode": "managed",
            "type": kind,
            "name": "this",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [{"schema_version": 0, "attributes": attributes} | index],
        }
        for kind, attributes in kinds.items()
    ]


def in_the_account(deployment: Deployment) -> list[dict[str, Any]]:
    """Make what the earlier versions had made, and return it as their state has it."""
    s3, sqs = deployment.client("s3"), deployment.client("sqs")
    for bucket in (BUCKET, STATE_BUCKET):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    url = sqs.create_queue(QueueName="celery-local-quick")["QueueUrl"]
    # Its first version, which the state names, was deleted after two rotations.
    arn = deployment.client("secretsmanager").create_secret(Name="celery-local/results-password", SecretString="x")[
        "ARN"
    ]
    version = {"id": f"{arn}|deleted", "arn": arn, "secret_id": arn, "version_id": "deleted"}
    return [
        *resources("module.media", {"aws_s3_bucket": {"id": BUCKET, "bucket": BUCKET}}),
        *resources("module.sqs[0]", {kind: {"id": url, "queue_url": url} for kind in POLICIES}, key="quick"),
        *resources("module.secrets", {SECRET_VERSION: version}, key="results_password"),
    ]


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a plan with the state of earlier versions would do."""
    runner, port = copied(tmp_path_factory.mktemp("moved")), free_port()
    own_account(runner.folder / "environments", "local", port)
    set_line(runner.folder / "environments" / "local" / "environment.yml", "  buckets: [", "  buckets: [media]")
    with pytest.MonkeyPatch.context() as only_here:
        only_here.setenv("ENVIRONMENTS", str(runner.folder / "environments"))
        write(["local"])
    runner.set_kind("local", "sqs")
    with emulator(runner.variables, runner.folder, port) as endpoint:
        deployment = Deployment("local", "sqs", runner, endpoint)
        earlier = {
            "version": 4, "terraform_version": "1.11.4", "serial": 1, "outputs": {},
            "lineage": "5f2c8f0e-7f0f-4c7b-9d5e-0a0c3c8d9c11", "resources": in_the_account(deployment),
        }  # fmt: skip
        body = json.dumps(earlier).encode()
        deployment.client("s3").put_object(Bucket=STATE_BUCKET, Key="terraform.tfstate", Body=body)

        found: list[dict[str, Any]] = deployment.plan()["resource_changes"]
    return found


def test_the_policies_of_queues_stay_when_they_become_arguments(changes: list[dict[str, Any]]) -> None:
    actions = {change["type"]: change["change"]["actions"] for change in changes if change["type"] in POLICIES}
    assert actions == {kind: ["forget"] for kind in POLICIES}


def test_the_values_of_secrets_stay_when_they_are_no_resources(changes: list[dict[str, Any]]) -> None:
    actions = [change["change"]["actions"] for change in changes if change["type"] == SECRET_VERSION]
    assert actions in ([], [["forget"]])


def test_the_bucket_of_version_0_1_stays(changes: list[dict[str, Any]]) -> None:
    moved = {change["previous_address"]: change["address"] for change in changes if "previous_address" in change}
    assert moved == {"module.media.aws_s3_bucket.this": 'module.buckets["media"].aws_s3_bucket.this'}
    assert [change["address"] for change in changes if "delete" in change["change"]["actions"]] == []
