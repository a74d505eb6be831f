"""Section `network`."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed
from celery_platform.environment.model.existing import ExistingNetwork, ExistingZone

# What workers, hosts and nodes call. Each costs about 8 USD a month in each zone (AWS PrivateLink pricing).
Endpoint = Literal[
    "sqs", "secretsmanager", "ecr.api", "ecr.dkr", "sts", "logs", "ssm", "ssmmessages", "ec2messages",
    "monitoring", "eks-auth",
]  # fmt: skip


class Network(Closed):
    """The VPC. `zones` is how many availability zones it spans; `nat` how private subnets reach the internet.

    With `existing` no VPC is made, and `cidr` says which addresses the one that there is has.
    """

    cidr: IPv4Network = Field(description="address range of the VPC")
    zones: int = Field(ge=2, le=3, description="availability zones that it spans")
    nat: Literal["single", "per_zone"] = Field(
        default="single", description="one NAT gateway, or one in each zone, which outlives the loss of another"
    )
    endpoints: tuple[Endpoint, ...] = Field(default=(), description="AWS services reached inside the VPC, not over NAT")
    flow_logs: bool = Field(default=False, description="log every connection; billed by the gigabyte")
    existing: ExistingNetwork | None = Field(default=None, description="a VPC that is there already")
    dns: ExistingZone | None = Field(default=None, description="a private zone for the broker's name; else one is made")
