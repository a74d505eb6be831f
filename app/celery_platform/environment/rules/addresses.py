"""Rules about the fixed addresses of hosts."""

from collections.abc import Iterator

from celery_platform.environment.derived.addresses import places, ranges
from celery_platform.environment.derived.processes import placed, replicas
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# Of each subnet (VPC guide, "Subnet CIDR blocks").
RESERVED = 5


def hosts_have_addresses_in_their_block(env: Environment) -> Iterator[Problem]:
    """EC2 refuses a fixed address outside its subnet, in the middle of an apply; AWS reserves the last one.

    Refused by: EC2, RunInstances, InvalidParameterValue (VPC guide, "Subnet CIDR blocks").
    """
    own = ranges(env)
    made = env.network.existing is None
    for name, place in places(env, env.own_prefix, {}).items():
        if place.address not in own[place.zone]:
            path = "network.cidr" if made else f"network.existing.private_subnets.{place.zone}"
            allowed = (
                f"an address in {own[place.zone].block}: a larger {'network' if made else 'block'}, or fewer hosts"
            )
            yield Problem(path, f"{place.address} for {name}", allowed)


def pods_have_addresses(env: Environment) -> Iterator[Problem]:
    """Each pod has an address of the private subnets, as hosts and endpoints have, and waits while none is free.

    Nodes, pods of a rollout and addresses that a node keeps ready come on top. An existing cluster has its own subnets.

    Refused by: the VPC CNI, which cannot assign an address to the pod (EKS guide, "VPC and subnet considerations").
    """
    if env.eks.existing is not None:
        return
    pods = sum(pool.max for pool in env.pools.values() if pool.runs_on == "eks")
    pods += sum(replicas(env, process) for process in placed(env).values() if process.runs_on == "eks")
    own = ranges(env)
    room = sum(each.subnet.num_addresses - RESERVED for each in own.values())
    others = len(places(env, env.own_prefix, {})) + len(env.network.endpoints) * len(own)
    if pods and pods + others > room:
        found = f"{room} addresses in private subnets for {pods} pods and {others} hosts and endpoints"
        yield Problem("network.cidr", found, "a larger network, or pools with a lower max")


RULES = (hosts_have_addresses_in_their_block, pods_have_addresses)
