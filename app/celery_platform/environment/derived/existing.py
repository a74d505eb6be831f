"""Subnets and addresses in an existing network."""

from ipaddress import IPv4Network

from celery_platform.environment.derived import Json
from celery_platform.environment.model.existing import ExistingNetwork, ExistingSubnet


def existing_zones(existing: ExistingNetwork) -> Json:
    """The subnets of each zone, in the form of `network`. The platform needs no public subnets there."""
    subnets = existing.private_subnets
    return {zone: {"public_cidr": None, "private_cidr": str(subnets[zone].cidr)} for zone in sorted(subnets)}


def existing_network(existing: ExistingNetwork) -> Json:
    """The ids that Terraform uses instead of creating the resources."""
    subnets = existing.private_subnets
    return {
        "vpc_id": existing.vpc_id,
        "private_subnet_ids": {zone: subnets[zone].id for zone in sorted(subnets)},
        "resolvers": [str(address) for address in existing.resolvers],
    }


def hosts_block(subnet: ExistingSubnet) -> IPv4Network:
    """The address block of the platform's hosts.

    Example: `hosts_block(subnet)` is `subnet.hosts`, or the whole subnet if no block is reserved.
    """
    return subnet.hosts or subnet.cidr
