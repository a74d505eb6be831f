"""Section `eks`: the cluster of the pools that run on it. An environment without such a pool has no cluster."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed
from celery_platform.environment.model.existing import ExistingCluster


class Eks(Closed):
    """The cluster. Its API is private; `public_access_cidrs` also opens it to these addresses."""

    version: str = Field(default="1.35", pattern=r"^1\.\d\d$", description="of Kubernetes")
    compute: Literal["node_groups", "auto"] = Field(default="node_groups", description="auto: EKS Auto Mode")
    public_access_cidrs: tuple[IPv4Network, ...] = Field(
        default=(), description="address ranges that reach the API from outside the VPC; none: it is private"
    )
    admins: tuple[str, ...] = Field(default=(), description="ARNs of roles that administer the cluster")
    service_cidr: IPv4Network | None = Field(
        default=None, description="address range of the cluster's services; by default as EKS chooses one for the VPC"
    )
    existing: ExistingCluster | None = Field(default=None, description="an existing cluster with its nodes")
