"""Resources with data that a plan would delete, for environments with `destroy_lock`."""

from collections.abc import Iterator, Mapping
from typing import Any

# Resources that hold messages, results, files or secrets, and those that everything else depends on.
KEEPS = frozenset(
    {
        "aws_ebs_volume",
        "aws_eks_cluster",
        "aws_elasticache_replication_group",
        "aws_kms_key",
        "aws_mq_broker",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_sqs_queue",
        "aws_vpc",
    }
)


def losses(plan: Mapping[str, Any]) -> Iterator[str]:
    """Addresses of such resources that a plan (from `terraform show -json`) deletes or replaces.

    Example: `list(losses(plan)) == ["module.results.aws_elasticache_replication_group.this"]`
    """
    for change in plan.get("resource_changes", []):
        if change["type"] in KEEPS and "delete" in change["change"]["actions"]:
            yield change["address"]
