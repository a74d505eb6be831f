"""Rules about ranges of addresses: those of the environment and of those who may connect."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from celery_platform.environment.derived.eks import service_cidr
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.ranges import reserved

# RFC 1918, and RFC 6598 for the shared range of carriers, which VPCs may have too.
PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
# EKS API, KubernetesNetworkConfigRequest, "serviceIpv4Cidr".
SERVICE_RANGES = PRIVATE[:3]
# EKS quotas, "Public endpoint access CIDR ranges per cluster".
MOST_RANGES_OF_THE_API = 40


def ranges_are_not_reserved(env: Environment) -> Iterator[Problem]:
    """Loopback, link-local, multicast and reserved addresses are never those of a network.

    Refused by: EC2, CreateVpc, InvalidVpc.Range (VPC guide, "VPC CIDR blocks"; RFC 6890).
    """
    for path, found in _all(env):
        if purpose := reserved(found):
            yield Problem(path, f"{found}, {purpose}", "ordinary addresses, such as 10.20.0.0/16")


def api_is_opened_to_public_addresses(env: Environment) -> Iterator[Problem]:
    """The public endpoint sees public addresses only; a private range would admit nobody.

    Refused by: EKS, UpdateClusterConfig, InvalidParameterException (EKS guide, "Cluster API server endpoint").
    """
    ranges = env.eks.public_access_cidrs
    for found in ranges:
        if any(found.subnet_of(private) for private in PRIVATE):
            yield Problem("eks.public_access_cidrs", f"{found}, which is private", "public addresses of your own")
    if len(ranges) > MOST_RANGES_OF_THE_API:
        yield Problem("eks.public_access_cidrs", f"{len(ranges)} ranges", f"at most {MOST_RANGES_OF_THE_API}")
    if len(set(ranges)) < len(ranges):
        yield Problem("eks.public_access_cidrs", "a range twice", "each range once")


def services_have_a_private_range_of_their_own(env: Environment) -> Iterator[Problem]:
    """Pods would send what is meant for a host of the VPC to a service, and EKS takes only private ranges.

    Refused by: EKS, CreateCluster, InvalidParameterException (EKS API, KubernetesNetworkConfigRequest).
    """
    found = service_cidr(env)
    if not any(found.subnet_of(private) for private in SERVICE_RANGES) or not 12 <= found.prefixlen <= 24:
        allowed = f"a prefix from /12 to /24 in {', '.join(map(str, SERVICE_RANGES))}"
        yield Problem("eks.service_cidr", str(found), allowed)
    elif found.overlaps(env.network.cidr):
        allowed = "a range that no other network has"
        yield Problem("eks.service_cidr", f"{found}, which overlaps network.cidr {env.network.cidr}", allowed)


def subnets_do_not_overlap(env: Environment) -> Iterator[Problem]:
    """Two subnets of one VPC never share addresses, so one of the two ranges is a typing error.

    Refused by: EC2, CreateSubnet, InvalidSubnet.Conflict (VPC guide, "Subnet CIDR blocks").
    """
    subnets = env.network.existing.private_subnets if env.network.existing is not None else {}
    for (one, first), (other, second) in combinations(subnets.items(), 2):
        if first.cidr.overlaps(second.cidr):
            path = f"network.existing.private_subnets.{other}.cidr"
            yield Problem(path, f"{second.cidr}, which overlaps {first.cidr} of {one}", "a range of its own")


def _all(env: Environment) -> Iterator[tuple[str, IPv4Network | IPv4Address]]:
    yield "network.cidr", env.network.cidr
    if env.network.existing is not None:
        yield from (("network.existing.resolvers", address) for address in env.network.existing.resolvers)
    yield from (("eks.public_access_cidrs", cidr) for cidr in env.eks.public_access_cidrs)
    for name, client in env.clients.items():
        yield from ((f"clients.{name}.cidrs", cidr) for cidr in client.cidrs if cidr.prefixlen >= 8)


RULES = (
    ranges_are_not_reserved,
    api_is_opened_to_public_addresses,
    services_have_a_private_range_of_their_own,
    subnets_do_not_overlap,
)
