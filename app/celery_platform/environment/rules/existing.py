"""Rules about existing networks, zones and clusters."""

from collections.abc import Iterator
from string import ascii_lowercase

from celery_platform.environment.aws.regions import regions
from celery_platform.environment.derived.existing import hosts_block
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# Resources that are only created together with a VPC.
CREATED_WITH_A_VPC = ("nat", "endpoints", "flow_logs")


def existing_subnets_fit_the_file(env: Environment) -> Iterator[Problem]:
    """AWS would report wrong zones and addresses one at a time, in the middle of an apply (EC2, RunInstances).

    Refused by: EC2, RunInstances, InvalidParameterValue.
    """
    existing = env.network.existing
    if existing is None:
        return
    path = "network.existing.private_subnets"
    if len(existing.private_subnets) != env.network.zones:
        yield Problem(path, f"{len(existing.private_subnets)} zones", f"as many as network.zones: {env.network.zones}")
    for zone, subnet in existing.private_subnets.items():
        if zone not in _zones(env.region):
            allowed = f"an availability zone of {env.region}: {', '.join(_zones(env.region))}"
            yield Problem(f"{path}.{zone}", repr(zone), allowed)
        if not subnet.cidr.subnet_of(env.network.cidr):
            yield Problem(f"{path}.{zone}.cidr", str(subnet.cidr), f"a part of network.cidr, {env.network.cidr}")
        block = hosts_block(subnet)
        if not block.subnet_of(subnet.cidr):
            yield Problem(f"{path}.{zone}.hosts", str(block), f"a part of the subnet, {subnet.cidr}")


def existing_subnets_are_different_ones(env: Environment) -> Iterator[Problem]:
    """With the same subnet in two zones, all hosts would be in one zone, half of them with addresses of the other."""
    existing = env.network.existing
    subnets = existing.private_subnets.values() if existing is not None else ()
    if len({subnet.id for subnet in subnets}) < len(subnets):
        found = ", ".join(subnet.id for subnet in subnets)
        yield Problem("network.existing.private_subnets", found, "a subnet of its own for each zone")


def existing_network_is_its_owners(env: Environment) -> Iterator[Problem]:
    """Gateways, endpoints and flow logs of an existing VPC belong to its owner; set here, they would not be created."""
    if env.network.existing is not None:
        for key in CREATED_WITH_A_VPC:
            if key in env.network.model_fields_set:
                yield Problem(
                    f"network.{key}", "a value together with network.existing", "nothing: the VPC's owner creates it"
                )


def existing_cluster_is_in_an_existing_network(env: Environment) -> Iterator[Problem]:
    """Security groups can refer to each other only within a VPC, and an existing cluster cannot be in a new VPC.

    Refused by: EC2, AuthorizeSecurityGroupIngress, InvalidGroup.NotFound.
    """
    if env.eks.existing is not None and env.network.existing is None:
        yield Problem("eks.existing", env.eks.existing.name, "network.existing too: the cluster's VPC")


def existing_cluster_is_its_owners(env: Environment) -> Iterator[Problem]:
    """Version, nodes and access of an existing cluster belong to its owner; set here, they would have no effect."""
    if env.eks.existing is not None:
        for key in ("version", "compute", "public_access_cidrs", "admins"):
            if key in env.eks.model_fields_set:
                yield Problem(
                    f"eks.{key}", "a value together with eks.existing", "nothing: the cluster's owner sets it"
                )


def existing_zone_is_used(env: Environment) -> Iterator[Problem]:
    """Only a RabbitMQ behind a load balancer has a DNS record, and only an associated VPC resolves it.

    Source: Route 53 guide, "Associating more VPCs with a private hosted zone". The zone's owner associates the VPC.

    Refused by: nobody; the name would not be found.
    """
    balanced = env.broker.self_managed is not None and env.broker.self_managed.load_balancer
    if env.network.dns is not None and not balanced:
        allowed = "nothing: only a RabbitMQ with a load balancer has a DNS record"
        yield Problem("network.dns", f"{env.network.dns.zone} with broker {env.broker.kind.value}", allowed)
    if env.network.dns is not None and env.network.existing is None:
        yield Problem(
            "network.dns", env.network.dns.zone, "network.existing too: a VPC that the zone is associated with"
        )


def _zones(region: str) -> list[str]:
    known = regions().get(region)
    return [f"{region}{letter}" for letter in (known.zones if known else ascii_lowercase)]


RULES = (
    existing_subnets_fit_the_file,
    existing_subnets_are_different_ones,
    existing_network_is_its_owners,
    existing_cluster_is_in_an_existing_network,
    existing_cluster_is_its_owners,
    existing_zone_is_used,
)
