"""The state of an earlier version is migrated: resources move to their new address and are not destroyed."""

import json

import pytest
from celery_platform.rendering import write

from tests.terraform.conftest import Runner
from tests.terraform.deployment import ACCOUNT, Deployment, emulator, free_port, own_account, set_line

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]

BUCKET = f"celery-local-media-{ACCOUNT}"


def state(module: str, kinds: dict[str, dict[str, str]], key: str | None = None) -> bytes:
    """A state with one resource of each type in a module; `terraform plan` reads the rest from the account."""
    index = {} if key is None else {"index_key": key}
    resources = [
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
    found = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "outputs": {}, "resources": resources}
    return json.dumps(found | {"lineage": "5f2c8f0e-7f0f-4c7b-9d5e-0a0c3c8d9c11"}).encode()


def test_the_policies_of_queues_stay_when_they_become_arguments(runner: Runner) -> None:
    port = free_port()
    own_account(runner.folder / "environments", "local", port)
    runner.set_kind("local", "sqs")
    kinds = ("aws_sqs_queue_policy", "aws_sqs_queue_redrive_policy", "aws_sqs_queue_redrive_allow_policy")
    with emulator(runner.variables, runner.folder, port) as endpoint:
        deployment = Deployment("local", "sqs", runner, endpoint)
        s3 = deployment.client("s3")
        bucket = f"celery-local-terraform-state-{ACCOUNT}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        url = deployment.client("sqs").create_queue(QueueName="celery-local-quick")["QueueUrl"]
        earlier = state("module.sqs[0]", {kind: {"id": url, "queue_url": url} for kind in kinds}, key="quick")
        s3.put_object(Bucket=bucket, Key="terraform.tfstate", Body=earlier)

        changes = deployment.plan()["resource_changes"]

    actions = {change["type"]: change["change"]["actions"] for change in changes if change["type"] in kinds}
    assert actions == {kind: ["forget"] for kind in kinds}


def test_the_values_of_secrets_stay_when_they_are_no_resources(runner: Runner) -> None:
    """Also of a secret whose first version, which the state names, was deleted after two rotations."""
    port, name, kind = free_port(), "celery-local/results-password", "aws_secretsmanager_secret_version"
    own_account(runner.folder / "environments", "local", port)
    with emulator(runner.variables, runner.folder, port) as endpoint:
        deployment = Deployment("local", "rabbitmq", runner, endpoint)
        s3, secrets = deployment.client("s3"), deployment.client("secretsmanager")
        bucket = f"celery-local-terraform-state-{ACCOUNT}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        arn = secrets.create_secret(Name=name, SecretString="in use")["ARN"]
        first = {"id": f"{arn}|deleted", "arn": arn, "secret_id": arn, "version_id": "deleted"}
        earlier = state("module.secrets", {kind: first}, key="results_password")
        s3.put_object(Bucket=bucket, Key="terraform.tfstate", Body=earlier)

        changes = deployment.plan()["resource_changes"]

    assert [change["change"]["actions"] for change in changes if change["type"] == kind] in ([], [["forget"]])


def test_the_bucket_of_version_0_1_stays(runner: Runner) -> None:
    port = free_port()
    earlier = state("module.media", {"aws_s3_bucket": {"id": BUCKET, "bucket": BUCKET}})
    own_account(runner.folder / "environments", "local", port)
    set_line(runner.folder / "environments" / "local" / "environment.yml", "  buckets: [", "  buckets: [media]")
    with pytest.MonkeyPatch.context() as only_here:
        only_here.setenv("ENVIRONMENTS", str(runner.folder / "environments"))
        write(["local"])
    with emulator(runner.variables, runner.folder, port) as endpoint:
        deployment = Deployment("local", "sqs", runner, endpoint)
        s3, place = deployment.client("s3"), {"LocationConstraint": "eu-west-1"}
        state_bucket = f"celery-local-terraform-state-{ACCOUNT}"
        for bucket in (BUCKET, state_bucket):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        s3.put_object(Bucket=state_bucket, Key="terraform.tfstate", Body=earlier)

        changes = deployment.plan()["resource_changes"]

    moved = {change["previous_address"]: change["address"] for change in changes if "previous_address" in change}
    assert moved == {"module.media.aws_s3_bucket.this": 'module.buckets["media"].aws_s3_bucket.this'}
    assert [change["address"] for change in changes if "delete" in change["change"]["actions"]] == []
