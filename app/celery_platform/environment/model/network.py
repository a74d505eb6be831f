"""Section `network`."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed
from celery_platform.environment.model.existing import ExistingNetwork, ExistingZone

# The AWS services that workers, hosts and nodes call. Each endpoint costs about 8 USD a month per zone (AWS PrivateLink
# pricing).
Endpoint = Literal[
    "sqs", "secretsmanager", "ecr.api", "ecr.dkr", "sts", "logs", "ssm", "ssmmessages", "ec2messages",
    "monitoring", "eks-auth",
]  # fmt: skip


class Network(Closed):
    """The VPC. `zones` is the number of its availability zones; `nat` is how private subnets reach the internet.

    With `existing` no VPC is created, and `cidr` is the address range of the existing one.
    """

    cidr: IPv4Network = Field(description="address range of the VPC")
    zones: int = Field(ge=2, le=3, description="availability zones that it spans")
    nat: Literal["single", "per_zone"] = Field(
        default="single", description="one NAT gateway, or one in each zone, which outlives the loss of another"
    )
    endpoints: tuple[Endpoint, ...] = Field(default=(), description="AWS services reached inside the VPC, not over NAT")
    flow_logs: bool = Field(default=False, description="log every connection; billed by the gigabyte")
    existing: ExistingNetwork | None = Field(default=None, description="an existing VPC")
    dns: ExistingZone | None = Field(
        default=None, description="an existing private zone for the broker's name; by default one is created"
    )
