"""Apply environments on an emulated account and plan them again.

Production on SQS and RabbitMQ, which has the most resources; the other brokers with the local environment.
"""

import json
from typing import Any

import pytest

from tests.terraform.deployment import ACCOUNT, Deployment

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]

SCHEMES = {"sqs": "sqs://", "rabbitmq": "amqps://", "redis": "rediss://", "amazon_mq": "amqps://"}


def test_a_second_plan_is_empty(deployment: Deployment) -> None:
    changes = {
        change["address"]: sorted(_differing(change["change"]))
        for change in deployment.plan()["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
    deployment.summary.append(f"second plan: {len(changes) or 'no'} changes")

    assert changes == {}


def test_everything_is_discovered_under_one_prefix(deployment: Deployment) -> None:
    prefix = f"/celery/{deployment.environment}"
    found = deployment.client("ssm").get_parameters_by_path(Path=prefix, Recursive=True)["Parameters"]
    values = {parameter["Name"].removeprefix(f"{prefix}/"): parameter["Value"] for parameter in found}

    assert set(values) >= {"broker_url", "results_url", "buckets", "transfer_bucket"}
    assert values["broker_url"].startswith(SCHEMES[deployment.kind])
    assert "@" not in values["broker_url"] + values["results_url"]
    if deployment.kind == "sqs":
        queue = deployment.client("sqs").get_queue_url(QueueName=deployment.resolved["queues"]["quick"]["name"])
        assert queue["QueueUrl"] == f"{values['queues_url']}/{deployment.resolved['queues']['quick']['name']}"
    assert set(json.loads(values["buckets"])) == set(deployment.resolved["buckets"])


def test_buckets_refuse_plaintext_and_objects_of_the_transfer_bucket_expire(deployment: Deployment) -> None:
    s3, prefix = deployment.client("s3"), f"celery-{deployment.environment}-"
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if bucket["Name"].startswith(prefix)]
    own = [name for name in names if "terraform-state" not in name]
    expiring = {name: [rule.get("Expiration", {}).get("Days") for rule in _rules(s3, name)] for name in own}

    assert len(own) == len(deployment.resolved["buckets"]) + 1
    assert all("aws:SecureTransport" in s3.get_bucket_policy(Bucket=name)["Policy"] for name in own)
    assert [name for name, days in expiring.items() if 1 in days] == [f"{prefix}transfer-{ACCOUNT}"]


def test_no_password_is_in_the_state(deployment: Deployment) -> None:
    secrets = deployment.client("secretsmanager")
    values = [
        secrets.get_secret_value(SecretId=name)["SecretString"] for name in deployment.resolved["secrets"].values()
    ]
    state = deployment.state()

    assert values
    assert [len(value) for value in values] == [40] * len(values)
    assert [value for value in values if value in state] == []


def _rules(s3: Any, bucket: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return rules


def _differing(change: dict[str, Any]) -> set[str]:
    """Attributes that would change, without those that are computed from others."""
    before, after = change["before"] or {}, change["after"] or {}
    return {name for name, value in after.items() if value not in (None, before.get(name)) or name in _emptied(change)}


def _emptied(change: dict[str, Any]) -> set[str]:
    before, after, unknown = change["before"] or {}, change["after"] or {}, change["after_unknown"]
    return {name for name, value in before.items() if value and after.get(name) is None and not unknown.get(name)}
