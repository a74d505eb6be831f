"""Section `account`: what only the AWS account knows: quotas that AWS raised, and sizes newer than the data."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from celery_platform.environment.aws.capacities import Capacity
from celery_platform.environment.model.base import Closed
from celery_platform.environment.quotas import (
    MANAGED_POLICIES,
    NODE_GROUPS,
    SECURITY_GROUP_RULES,
    SECURITY_GROUP_RULES_AT_MOST,
    Quota,
)

InstanceTypeName = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")]
NodeTypeName = Annotated[str, Field(pattern=r"^cache\.")]
BrokerTypeName = Annotated[str, Field(pattern=r"^mq\.")]


class Quotas(Closed):
    """Quotas that AWS raised for the account, under their names in Service Quotas.

    Less than the default is refused: AWS grants it to every account, so a smaller number is a typing error.
    """

    managed_policies_per_role: int = Field(
        default=MANAGED_POLICIES.most,
        ge=MANAGED_POLICIES.most,
        description=f"of IAM, {MANAGED_POLICIES.code}: managed policies attached to a role",
    )
    inbound_or_outbound_rules_per_security_group: int = Field(
        default=SECURITY_GROUP_RULES.most,
        ge=SECURITY_GROUP_RULES.most,
        le=SECURITY_GROUP_RULES_AT_MOST,
        description=f"of VPC, {SECURITY_GROUP_RULES.code}: rules of a security group in each direction",
    )
    managed_node_groups_per_cluster: int = Field(
        default=NODE_GROUPS.most,
        ge=NODE_GROUPS.most,
        description=f"of EKS, {NODE_GROUPS.code}: managed node groups of a cluster",
    )

    def applied(self, quota: Quota) -> Quota:
        """The quota as the account has it.

        Example: `Quotas(managed_node_groups_per_cluster=50).applied(NODE_GROUPS).most == 50`
        """
        most = quota.most if quota.key is None else getattr(self, quota.key)
        return quota if most == quota.most else replace(quota, most=most, source=f"account.quotas.{quota.key}")


class InstanceType(Closed):
    """An EC2 instance type that is newer than the data, as `aws ec2 describe-instance-types` describes it."""

    architecture: Literal["amd64", "arm64"] = Field(description="amd64 is EC2's x86_64")
    vcpus: int = Field(ge=1, description="VCpuInfo.DefaultVCpus")
    memory_mib: int = Field(ge=512, description="MemoryInfo.SizeInMiB")
    max_pods: int = Field(
        ge=4,
        description="addresses for pods: the interfaces of the default network card x (addresses of each - 1) + 2",
    )

    @property
    def capacity(self) -> Capacity:
        """What a machine of this type has.

        Example: `env.account.instance_types["m10g.large"].capacity.vcpus == 2`
        """
        return Capacity(self.vcpus, self.memory_mib, self.max_pods)


class Account(Closed):
    """What only the account knows; with credentials, `make plan` asks it whether this is true."""

    quotas: Quotas = Quotas()
    instance_types: dict[InstanceTypeName, InstanceType] = Field(
        default_factory=dict, max_length=100, description="sizes of EC2 that are newer than the data"
    )
    node_types: tuple[NodeTypeName, ...] = Field(
        default=(), max_length=100, description="sizes of ElastiCache that are newer than the data"
    )
    broker_instance_types: tuple[BrokerTypeName, ...] = Field(
        default=(), max_length=100, description="sizes of Amazon MQ that are newer than the data"
    )
