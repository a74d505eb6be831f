"""Section `network`."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from app.environment.model.base import Closed


class Network(Closed):
    """The VPC. `zones` is how many availability zones it spans; `nat` how private subnets reach the internet."""

    cidr: IPv4Network
    zones: int = Field(ge=2, le=3)
    nat: Literal["single", "per_zone"] = "single"
