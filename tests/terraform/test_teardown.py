"""A destroy removes everything. This file runs last, because other tests use what it destroys."""

from collections.abc import Iterator

import pytest

from tests.terraform.deployment import Deployment

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_destroy_leaves_nothing(deployment: Deployment) -> None:
    destroyed = deployment.run("destroy", "--yes")

    assert destroyed.returncode == 0, destroyed.stdout
    assert list(_left(deployment)) == []


def _left(deployment: Deployment) -> Iterator[str]:
    """Remaining resources of the environment, except the state bucket and a key that is scheduled for deletion."""
    prefix, ec2, iam = deployment.resolved["prefix"], deployment.client("ec2"), deployment.client("iam")
    alive = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    for reservation in ec2.describe_instances(Filters=alive)["Reservations"]:
        yield from (instance["InstanceId"] for instance in reservation["Instances"])
    tagged = [{"Name": "tag:Environment", "Values": [deployment.environment]}]
    yield from (vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=tagged)["Vpcs"])
    yield from (volume["VolumeId"] for volume in ec2.describe_volumes(Filters=tagged)["Volumes"])
    yield from deployment.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    yield from (role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(prefix))
    yield from (policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"])
    yield from (secret["Name"] for secret in deployment.client("secretsmanager").list_secrets()["SecretList"])
    path = f"/celery/{deployment.environment}"
    yield from (
        one["Name"] for one in deployment.client("ssm").get_parameters_by_path(Path=path, Recursive=True)["Parameters"]
    )
    yield from (group["logGroupName"] for group in deployment.client("logs").describe_log_groups()["logGroups"])
    groups = deployment.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    yield from (group["ReplicationGroupId"] for group in groups)
    yield from (broker["BrokerName"] for broker in deployment.client("mq").list_brokers()["BrokerSummaries"])
    yield from deployment.client("eks").list_clusters()["clusters"]
    yield from (alarm["AlarmName"] for alarm in deployment.client("cloudwatch").describe_alarms()["MetricAlarms"])
    yield from (topic["TopicArn"] for topic in deployment.client("sns").list_topics()["Topics"])
    buckets = deployment.client("s3").list_buckets()["Buckets"]
    yield from (bucket["Name"] for bucket in buckets if "terraform-state" not in bucket["Name"])
    kms = deployment.client("kms")
    for key in kms.list_keys()["Keys"]:
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "CUSTOMER" and described["KeyState"] == "Enabled":
            yield described["Arn"]
