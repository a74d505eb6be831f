"""Rules about the fixed addresses of hosts."""

from collections.abc import Iterator

from celery_platform.environment.derived.addresses import places, ranges
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


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


RULES = (hosts_have_addresses_in_their_block,)
