"""The zone and the fixed address of each host.

A host keeps its address for as long as it exists, whatever happens to other hosts and pools: EC2 cannot change the
address of an instance, so Terraform would replace the machine. Which host has which address is kept in resolved.json.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import count

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.existing import hosts_block
from celery_platform.environment.derived.network import network
from celery_platform.environment.derived.placement import owners
from celery_platform.environment.model import Environment

# The sections of resolved.json that contain hosts.
SECTIONS = ("rabbitmq_hosts", "worker_hosts", "monitoring_hosts")
# New hosts get the first free address from here on, so that addresses are easy to read, and then those before.
FIRST = {"rabbitmq": 10, "monitoring": 30, "worker": 40}
# AWS reserves the first four addresses of a subnet and the last one (VPC guide, "Subnet CIDR blocks").
RESERVED_AT_THE_BEGINNING = 4


@dataclass(frozen=True)
class Place:
    """Where a host is."""

    zone: str
    address: IPv4Address


@dataclass(frozen=True)
class Range:
    """The subnet of a zone, and the block in it that is for hosts."""

    subnet: IPv4Network
    block: IPv4Network

    def __contains__(self, address: IPv4Address) -> bool:
        """Whether a host may have this address."""
        first = self.subnet.network_address + RESERVED_AT_THE_BEGINNING
        return address in self.block and first <= address < self.subnet.broadcast_address

    def addresses(self, first: int) -> Iterator[IPv4Address]:
        """The addresses that hosts may have, from the `first` of the block on and then those before."""
        for offset in (*range(first, self.block.num_addresses), *range(min(first, self.block.num_addresses))):
            if (address := self.block.network_address + offset) in self:
                yield address


Places = Mapping[str, Place]


def kept(resolved: Json) -> dict[str, IPv4Address]:
    """The address of each host in an earlier resolved.json.

    Example: `kept(json.loads(text))["celery-prod-rabbitmq-1"] == IPv4Address("10.40.128.10")`
    """
    hosts = {name: host for section in SECTIONS for name, host in resolved.get(section, {}).items()}
    return {name: IPv4Address(host["private_ip"]) for name, host in hosts.items()}


def names(env: Environment, prefix: str) -> dict[str, list[str]]:
    """The names of all hosts: those of RabbitMQ and monitoring, and those of each pool as `worker-<pool>`."""
    nodes = env.broker.self_managed
    sizes = {
        "rabbitmq": 0 if nodes is None else nodes.nodes,
        "monitoring": int(env.monitoring.instance_type is not None),
    }
    sizes |= {f"worker-{pool}": env.pools[pool].min for pool in owners(env)}
    return {group: [f"{prefix}-{group}-{number + 1}" for number in range(size)] for group, size in sizes.items()}


def places(env: Environment, prefix: str, earlier: Mapping[str, IPv4Address]) -> Places:
    """The place of each host: its earlier address, or a free one.

    Hosts are distributed over the zones by their number. A new host does not get the address of one that is removed at
    the same time, unless there is no other: both may exist while Terraform creates one and deletes the other.
    If a zone has too few addresses, the last hosts get addresses outside their block, which a rule refuses.
    """
    own = ranges(env)
    zones = list(own)
    wanted = {
        name: (zones[number % len(zones)], FIRST[group.partition("-")[0]])
        for group, hosts in names(env, prefix).items()
        for number, name in enumerate(hosts)
    }
    found: dict[str, Place] = {}
    taken: set[IPv4Address] = set()
    for name, (zone, _) in wanted.items():
        if name in earlier and earlier[name] not in taken and earlier[name] in own[zone]:
            found[name] = Place(zone, earlier[name])
            taken.add(earlier[name])
    left = set(earlier.values()) - taken
    for name, (zone, first) in wanted.items():
        if name not in found:
            address = next(address for address in _candidates(own[zone], first, left) if address not in taken)
            found[name] = Place(zone, address)
            taken.add(address)
    return {name: found[name] for name in wanted}


def ranges(env: Environment) -> dict[str, Range]:
    """The addresses of each zone.

    Example: `ranges(load("prod"))["eu-west-1a"].block.prefixlen == 20`
    """
    subnets = {zone: IPv4Network(subnet["private_cidr"]) for zone, subnet in network(env)["zones"].items()}
    existing = env.network.existing
    if existing is None:
        return {zone: Range(subnet, subnet) for zone, subnet in subnets.items()}
    return {zone: Range(subnet, hosts_block(existing.private_subnets[zone])) for zone, subnet in subnets.items()}


def _candidates(own: Range, first: int, left: set[IPv4Address]) -> Iterator[IPv4Address]:
    """The addresses for a new host, the best first; at the end those outside the block."""
    yield from (address for address in own.addresses(first) if address not in left)
    yield from (address for address in own.addresses(first) if address in left)
    yield from (own.block.broadcast_address + offset for offset in count(1))
