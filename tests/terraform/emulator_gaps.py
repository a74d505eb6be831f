"""What the emulator (ministack 1.5.33) forgets of what was applied, so that a second plan would set it again.

AWS keeps all of it. Anything else in a second plan is an error of ours. `terraform/README.md` has the list for people.
"""

# Resource type -> attributes, each with what the emulator does.
GAPS: dict[str, dict[str, str]] = {
    "aws_vpc_security_group_egress_rule": {
        "description": "it keeps its own default rule when an equal one is declared, once",
        "tags_all": "the same",
    },
    "aws_vpc_endpoint": {
        "private_dns_enabled": "not kept",
        "security_group_ids": "not kept",
    },
    "aws_flow_log": {
        "iam_role_arn": "not kept",
        "max_aggregation_interval": "not kept",
        "tags": "not described",
        "tags_all": "not described",
    },
    "aws_eks_cluster": {
        "upgrade_policy": "not kept",
        "compute_config": "not kept",
        "storage_config": "not kept",
        "kubernetes_network_config": "not kept",
    },
    "aws_eks_node_group": {
        "launch_template": "not kept",
        "update_config": "not kept",
        "tags": "null becomes empty",
    },
}
