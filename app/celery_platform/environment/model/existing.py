"""Existing resources that the platform attaches to: a VPC and its subnets, a private zone, an EKS cluster.

Each is given by its id, so that a plan needs no account. With credentials, `make plan` checks in the account that each
resource is as the file describes it (terraform/runner/existing.py).
"""

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import Field

from celery_platform.environment.model.base import Closed

VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]
HostedZoneId = Annotated[str, Field(pattern=r"^Z[0-9A-Z]{1,31}$")]
# RFC 1035: labels of letters, digits and hyphens; a private zone of one label would hide a top-level domain.
ZoneName = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]


class ExistingSubnet(Closed):
    """A private subnet with a route to AWS (NAT or endpoints); `hosts` is the part for the platform's hosts."""

    id: SubnetId = Field(description="of the subnet")
    cidr: IPv4Network = Field(description="its address range")
    hosts: IPv4Network | None = Field(
        default=None, description="a block of at least /26 reserved for fixed addresses; by default the whole subnet"
    )


class ExistingNetwork(Closed):
    """A VPC in which the platform creates no subnet, route, gateway or endpoint. `network.cidr` is the VPC's range.

    Example: `{vpc_id: vpc-0a1b2c3d, private_subnets: {eu-west-1a: {id: subnet-0a1b2c3d, cidr: 10.0.1.0/24}, ...}}`
    """

    vpc_id: VpcId = Field(description="the VPC that everything is put into")
    private_subnets: dict[str, ExistingSubnet] = Field(min_length=2, max_length=3, description="by availability zone")
    resolvers: tuple[IPv4Address, ...] = Field(
        default=(),
        max_length=4,
        description="DNS servers in the VPC's DHCP options; Amazon's own need not be listed",
    )


class ExistingZone(Closed):
    """A private Route 53 zone that is associated with the VPC. The broker's DNS record is created in it.

    Example: `{zone: internal.example.com, zone_id: Z0123456789ABC}`
    """

    zone: ZoneName = Field(description="domain of the private hosted zone")
    zone_id: HostedZoneId = Field(description="Route 53's id of it")


class ExistingCluster(Closed):
    """An EKS cluster in the same VPC, with its own nodes and the add-on eks-pod-identity-agent.

    Example: `{name: company, security_group: sg-0a1b2c3d}`
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", description="of the cluster")
    security_group: SecurityGroupId = Field(
        description="the one of its nodes and pods: clusterSecurityGroupId in `aws eks describe-cluster`"
    )
