"""A destroy removes everything. This file runs last, because other tests use what it destroys."""

from collections.abc import Iterator

import pytest

from tests.terraform.estate import Estate

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_destroy_leaves_nothing(estate: Estate) -> None:
    destroyed = estate.run("destroy", "--yes")

    assert destroyed.returncode == 0, destroyed.stdout
    assert list(_left(estate)) == []


def _left(estate: Estate) -> Iterator[str]:
    """Remaining resources of the environment, except the state bucket and a key that is scheduled for deletion."""
    prefix, ec2, iam = estate.resolved["prefix"], estate.client("ec2"), estate.client("iam")
    alive = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    for reservation in ec2.describe_instances(Filters=alive)["Reservations"]:
        yield from (instance["InstanceId"] for instance in reservation["Instances"])
    tagged = [{"Name": "tag:Environment", "Values": [estate.environment]}]
    yield from (vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=tagged)["Vpcs"])
    yield from (volume["VolumeId"] for volume in ec2.describe_volumes(Filters=tagged)["Volumes"])
    yield from estate.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    yield from (role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(prefix))
    yield from (policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"])
    yield from (secret["Name"] for secret in estate.client("secretsmanager").list_secrets()["SecretList"])
    path = f"/celery/{estate.environment}"
    yield from (
        one["Name"] for one in estate.client("ssm").get_parameters_by_path(Path=path, Recursive=True)["Parameters"]
    )
    yield from (group["logGroupName"] for group in estate.client("logs").describe_log_groups()["logGroups"])
    groups = estate.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    yield from (group["ReplicationGroupId"] for group in groups)
    yield from (broker["BrokerName"] for broker in estate.client("mq").list_brokers()["BrokerSummaries"])
    yield from estate.client("eks").list_clusters()["clusters"]
    yield from (alarm["AlarmName"] for alarm in estate.client("cloudwatch").describe_alarms()["MetricAlarms"])
    yield from (topic["TopicArn"] for topic in estate.client("sns").list_topics()["Topics"])
    buckets = estate.client("s3").list_buckets()["Buckets"]
    yield from (bucket["Name"] for bucket in buckets if "terraform-state" not in bucket["Name"])
    kms = estate.client("kms")
    for key in kms.list_keys()["Keys"]:
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "CUSTOMER" and described["KeyState"] == "Enabled":
            yield described["Arn"]
