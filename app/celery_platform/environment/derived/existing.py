"""Subnets, addresses and names where a company's own network, zone or cluster is used."""

from ipaddress import IPv4Network

from celery_platform.environment.derived import Json
from celery_platform.environment.model.existing import ExistingNetwork, ExistingSubnet


def existing_zones(existing: ExistingNetwork) -> Json:
    """Each zone's subnets as `network` has them; of public ones the platform needs none."""
    subnets = existing.private_subnets
    return {zone: {"public_cidr": None, "private_cidr": str(subnets[zone].cidr)} for zone in sorted(subnets)}


def existing_network(existing: ExistingNetwork) -> Json:
    """What Terraform names instead of making it."""
    subnets = existing.private_subnets
    return {
        "vpc_id": existing.vpc_id,
        "private_subnet_ids": {zone: subnets[zone].id for zone in sorted(subnets)},
        "resolvers": [str(address) for address in existing.resolvers],
    }


def hosts_block(subnet: ExistingSubnet) -> IPv4Network:
    """Where our hosts have their fixed addresses.

    Example: `hosts_block(subnet)` is `subnet.hosts`, or all of the subnet where none was set apart.
    """
    return subnet.hosts or subnet.cidr
