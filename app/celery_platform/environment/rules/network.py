"""Rules about the network."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def network_holds_the_zones(env: Environment) -> Iterator[Problem]:
    """Each zone gets a private and a public subnet of 1/16 of the VPC; AWS refuses a subnet smaller than /28.

    Refused by: EC2, CreateSubnet, InvalidSubnet.Range (VPC guide, "Subnet CIDR blocks").
    """
    if env.network.existing is None and not 16 <= env.network.cidr.prefixlen <= 22:
        yield Problem("network.cidr", str(env.network.cidr), "a prefix from /16 to /22")


RULES = (network_holds_the_zones,)
