"""Rules about what a company has already."""

import re
from collections.abc import Iterator

from celery_platform.environment.derived.existing import hosts_block
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import BrokerKind, Environment

# Nothing of these would be made in a network that is there already.
MADE_WITH_A_VPC = ("nat", "endpoints", "flow_logs")
# RabbitMQ's hosts begin at the tenth address of a block, workers at the fortieth.
SHORTEST_BLOCK = 26


def existing_subnets_fit_the_file(env: Environment) -> Iterator[Problem]:
    """Zones, addresses and blocks are asked for by AWS one by one, in the middle of an apply (EC2, RunInstances)."""
    existing = env.network.existing
    if existing is None:
        return
    path = "network.existing.private_subnets"
    if len(existing.private_subnets) != env.network.zones:
        yield Problem(path, f"{len(existing.private_subnets)} zones", f"as many as network.zones: {env.network.zones}")
    for zone, subnet in existing.private_subnets.items():
        if not re.fullmatch(rf"{env.region}[a-z]", zone):
            yield Problem(f"{path}.{zone}", repr(zone), f"an availability zone of {env.region}, such as {env.region}a")
        if not subnet.cidr.subnet_of(env.network.cidr):
            yield Problem(f"{path}.{zone}.cidr", str(subnet.cidr), f"a part of network.cidr, {env.network.cidr}")
        block = hosts_block(subnet)
        if not block.subnet_of(subnet.cidr):
            yield Problem(f"{path}.{zone}.hosts", str(block), f"a part of the subnet, {subnet.cidr}")
        if block.prefixlen > SHORTEST_BLOCK:
            yield Problem(f"{path}.{zone}", f"{block} for hosts", f"a block of at least /{SHORTEST_BLOCK}")


def existing_subnets_are_different_ones(env: Environment) -> Iterator[Problem]:
    """The same subnet in two zones would have all hosts in one zone, and half of them with the other's addresses."""
    existing = env.network.existing
    subnets = existing.private_subnets.values() if existing is not None else ()
    if len({subnet.id for subnet in subnets}) < len(subnets):
        found = ", ".join(subnet.id for subnet in subnets)
        yield Problem("network.existing.private_subnets", found, "a subnet of its own for each zone")


def existing_network_is_its_owners(env: Environment) -> Iterator[Problem]:
    """Gateways, endpoints and flow logs of a VPC that is there are its owner's: stated here, they would not be made."""
    if env.network.existing is not None:
        for key in MADE_WITH_A_VPC:
            if key in env.network.model_fields_set:
                yield Problem(f"network.{key}", "a value beside network.existing", "nothing: the VPC's owner makes it")


def existing_cluster_is_in_an_existing_network(env: Environment) -> Iterator[Problem]:
    """Security groups name each other within one VPC only, and a cluster cannot be in one that is yet to be made."""
    if env.eks.existing is not None and env.network.existing is None:
        yield Problem("eks.existing", env.eks.existing.name, "network.existing too: the cluster's VPC")


def existing_cluster_is_its_owners(env: Environment) -> Iterator[Problem]:
    """Version, nodes and access of a cluster that is there are its owner's: stated here, they would change nothing."""
    if env.eks.existing is not None:
        for key in ("version", "compute", "public_access_cidrs", "admins"):
            if key in env.eks.model_fields_set:
                yield Problem(f"eks.{key}", "a value beside eks.existing", "nothing: the cluster's owner says it")


def existing_zone_is_used(env: Environment) -> Iterator[Problem]:
    """Only a RabbitMQ behind a load balancer has a name of its own, and only an associated VPC resolves it.

    Source: Route 53 guide, "Associating more VPCs with a private hosted zone"; the zone's owner does that.
    """
    balanced = env.broker.kind is BrokerKind.RABBITMQ and env.broker.rabbitmq.load_balancer
    if env.network.dns is not None and not balanced:
        allowed = "nothing: only a RabbitMQ with a load balancer has a name of its own"
        yield Problem("network.dns", f"{env.network.dns.zone} with broker {env.broker.kind.value}", allowed)
    if env.network.dns is not None and env.network.existing is None:
        yield Problem("network.dns", env.network.dns.zone, "network.existing too: a VPC that the zone knows")


RULES = (
    existing_subnets_fit_the_file,
    existing_subnets_are_different_ones,
    existing_network_is_its_owners,
    existing_cluster_is_in_an_existing_network,
    existing_cluster_is_its_owners,
    existing_zone_is_used,
)
