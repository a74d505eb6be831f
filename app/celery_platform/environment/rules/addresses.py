"""Rules about the fixed addresses of hosts."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from celery_platform.environment.derived.hosts import blocks, every_host
from celery_platform.environment.derived.network import network
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def hosts_have_addresses_in_their_block(env: Environment) -> Iterator[Problem]:
    """EC2 refuses a fixed address outside its subnet, in the middle of an apply; AWS reserves the last one.

    Refused by: EC2, RunInstances, InvalidParameterValue (VPC guide, "Subnet CIDR blocks").
    """
    own = blocks(env)
    subnets = {zone: IPv4Network(subnet["private_cidr"]) for zone, subnet in network(env)["zones"].items()}
    made = env.network.existing is None
    for name, zone, address in every_host(env):
        if address not in own[zone] or address >= subnets[zone].broadcast_address:
            path = "network.cidr" if made else f"network.existing.private_subnets.{zone}"
            allowed = f"an address in {own[zone]}: a larger {'network' if made else 'block'}, or fewer hosts"
            yield Problem(path, f"{address} for {name}", allowed)


RULES = (hosts_have_addresses_in_their_block,)
