"""Section `clients`: who else may connect, from outside the platform's own hosts and pods."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field, model_validator

from celery_platform.environment.model.base import Closed
from celery_platform.environment.model.existing import SecurityGroupId


class Client(Closed):
    """A security group, or address ranges, whose processes may publish tasks or read metrics.

    `publish` opens the broker and the result store. `watch` opens the broker's metrics and management API, the
    workers' metrics, and the API of the cluster that Terraform creates. Neither grants a password or a role: the
    network admits the client, and the broker still authenticates it.

    Example: `{security_group: sg-0a1b2c3d, may: [publish]}`
    """

    security_group: SecurityGroupId | None = Field(default=None, description="whose members are let in")
    cidrs: tuple[IPv4Network, ...] = Field(default=(), description="address ranges that are let in")
    may: tuple[Literal["publish", "watch"], ...] = Field(min_length=1, description="what they may do, one or both")

    @model_validator(mode="after")
    def _one_way_to_say_who(self) -> "Client":
        if (self.security_group is None) == (not self.cidrs):
            raise ValueError("either a security_group or cidrs")
        return self
