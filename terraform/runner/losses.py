"""What a plan would delete that cannot be made again, for environments whose `destroy_lock` is on."""

from collections.abc import Iterator, Mapping
from typing import Any

# What holds messages, results, files or secrets, and what all else stands on.
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
    """The addresses that a plan, as `terraform show -json` puts it, deletes or replaces.

    Example: `list(losses(plan)) == ["module.results.aws_elasticache_replication_group.this"]`
    """
    for change in plan.get("resource_changes", []):
        if change["type"] in KEEPS and "delete" in change["change"]["actions"]:
            yield change["address"]
