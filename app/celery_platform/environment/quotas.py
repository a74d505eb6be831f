"""Quotas of AWS and Kubernetes that the size of an environment could exceed, and where each number comes from.

Read on 2026-11-28. Those with a `key` are the defaults of a new account. AWS raises them on request (Service Quotas),
and `account.quotas.<key>` of an environment file says so.
There is none on CloudWatch alarms of an account (CloudWatch guide, "CloudWatch service quotas") and none on SQS queues.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """The most that is allowed, in units of `what`, and the document that says so.

    `key` names it in `account.quotas`, and `service` and `code` in Service Quotas, if AWS raises it on request.

    Example: `INLINE_POLICIES.most == 10_240`
    """

    what: str
    most: int
    source: str
    key: str | None = None
    service: str = ""
    code: str = ""

    def __str__(self) -> str:
        """The quota in words, for a message."""
        own = f"account.quotas.{self.key}"
        by = f", the default of an account; {own} if AWS raised yours" if self.key and self.source != own else ""
        return f"at most {self.most:,} {self.what} ({self.source}{by})"


_IAM = "IAM guide, IAM and AWS STS quotas"
_VPC = "VPC guide, Amazon VPC quotas"
_EKS = "EKS guide, service quotas"

# IAM does not count whitespace.
INLINE_POLICIES = Quota("characters in all inline policies of a role", 10_240, _IAM)
MANAGED_POLICY = Quota("characters in a managed policy", 6_144, _IAM)
MANAGED_POLICIES = Quota(
    "managed policies attached to a role", 10, _IAM, "managed_policies_per_role", "iam", "L-0DA4ABF3"
)
PARAMETER = Quota("characters in a standard parameter", 4_096, "Systems Manager endpoints and quotas")
CONFIG_MAP = Quota("bytes in a ConfigMap", 1_048_576, "Kubernetes documentation, ConfigMaps")
SECURITY_GROUP_RULES = Quota(
    "inbound or outbound rules of a security group",
    60,
    _VPC,
    "inbound_or_outbound_rules_per_security_group",
    "vpc",
    "L-0EA8095F",
)
# "This quota multiplied by the quota for security groups per network interface can't exceed 1,000."
SECURITY_GROUP_RULES_AT_MOST = 1_000
NODE_GROUPS = Quota(
    "managed node groups of a cluster", 30, _EKS, "managed_node_groups_per_cluster", "eks", "L-6D54EA21"
)
RAISED_ON_REQUEST = (MANAGED_POLICIES, SECURITY_GROUP_RULES, NODE_GROUPS)
