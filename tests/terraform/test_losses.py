"""Resources that the plan of a locked environment must not delete."""

from typing import Any

from runner.losses import losses


def change(address: str, *actions: str) -> dict[str, Any]:
    """A resource change as in `terraform show -json`."""
    return {"address": address, "type": address.split(".")[-2], "change": {"actions": list(actions)}}


def test_a_plan_without_deletions_loses_nothing() -> None:
    plan = {
        "resource_changes": [change("module.sqs.aws_sqs_queue.this", "create"), change("aws_kms_key.this", "update")]
    }

    assert list(losses(plan)) == []


def test_what_holds_data_is_named_when_it_is_deleted_or_replaced() -> None:
    plan = {
        "resource_changes": [
            change("module.rabbitmq.aws_ebs_volume.data", "delete"),
            change("module.results.aws_elasticache_replication_group.this", "delete", "create"),
            change("module.rabbitmq.aws_instance.this", "delete", "create"),
        ]
    }

    assert list(losses(plan)) == [
        "module.rabbitmq.aws_ebs_volume.data",
        "module.results.aws_elasticache_replication_group.this",
    ]
