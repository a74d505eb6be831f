"""Quotas of AWS and Kubernetes that the size of an environment could exceed, and where each number comes from.

Read on 2026-11-28. `adjustable` ones are the defaults of a new account; AWS raises them on request (Service Quotas).
There is none on CloudWatch alarms of an account (CloudWatch guide, "CloudWatch service quotas") and none on SQS queues.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """The most that is allowed, in units of `what`, and the document that says so.

    Example: `INLINE_POLICIES.most == 10_240`
    """

    what: str
    most: int
    source: str
    adjustable: bool = False

    def __str__(self) -> str:
        """The quota in words, for a message."""
        by = ", the default of an account" if self.adjustable else ""
        return f"at most {self.most:,} {self.what} ({self.source}{by})"


_IAM = "IAM guide, IAM and AWS STS quotas"
_VPC = "VPC guide, Amazon VPC quotas"
_EKS = "EKS guide, service quotas"

# IAM does not count whitespace.
INLINE_POLICIES = Quota("characters in all inline policies of a role", 10_240, _IAM)
MANAGED_POLICY = Quota("characters in a managed policy", 6_144, _IAM)
MANAGED_POLICIES = Quota("managed policies attached to a role", 10, _IAM, adjustable=True)
PARAMETER = Quota("characters in a standard parameter", 4_096, "Systems Manager endpoints and quotas")
CONFIG_MAP = Quota("bytes in a ConfigMap", 1_048_576, "Kubernetes documentation, ConfigMaps")
SECURITY_GROUP_RULES = Quota("inbound or outbound rules of a security group", 60, _VPC, adjustable=True)
NODE_GROUPS = Quota("managed node groups of a cluster", 30, _EKS, adjustable=True)
