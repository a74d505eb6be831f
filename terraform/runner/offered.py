"""Ask the account whether its zones, quotas and EC2's offers are those that the environment file counts on.

They differ between accounts and change with time, so no file of this repository knows them. A plan does not ask either:
the first machine without an offer would end an apply in the middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from celery_platform.environment import Environment, resolve
from celery_platform.environment.derived import Json
from celery_platform.environment.errors import Problem

from runner import node_sizes, quotas
from runner.account import Account
from runner.errors import RunError


def check_offered(env: Environment, account: Account) -> None:
    """Check the environment's zones, sizes and quotas.

    An emulated account on this machine is not asked: it has every zone.

    Raises:
        RunError: the account lacks a zone or a quota, a zone does not offer a size, or EC2 describes a size differently
            from the file; the error lists all of them.
    """
    if account.on_this_machine:
        return
    if problems := [*problems_of(env), *node_sizes.problems_of(env), *quotas.problems_of(env)]:
        remedy = f"correct {env.name}'s environment.yml and run `make render`"
        found = "; ".join(map(str, problems))
        wanted = f"account {account.number} to have the zones, sizes and quotas of the environment file"
        raise RunError(wanted, found, remedy)


def problems_of(env: Environment) -> Iterator[Problem]:
    """What the account does not have, in the words of `make validate`."""
    resolved = resolve(env)
    ec2 = boto3.client("ec2", region_name=env.region)
    here = {zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]}
    zones = sorted(resolved["network"]["zones"])
    if missing := [zone for zone in zones if zone not in here]:
        found = f"{', '.join(missing)}, which this account does not have"
        yield Problem("network.zones", found, f"zones of this account: {', '.join(sorted(here))}")
        return
    wanted = list(_wanted(resolved, zones))
    offered = _offered(ec2, sorted({one.size for one in wanted}))
    for one in wanted:
        lacking = sorted(one.zones - offered.get(one.size, set()))
        if lacking and (one.in_every or set(lacking) == one.zones):
            found = f"{one.size}, which {', '.join(lacking)} {'does' if len(lacking) == 1 else 'do'} not offer"
            yield Problem(one.path, found, "a size that is offered there: aws ec2 describe-instance-type-offerings")


@dataclass(frozen=True)
class _Wanted:
    """A size, the key that asks for it, and the zones in which it has to be offered: in one of them, or in every."""

    path: str
    size: str
    zones: frozenset[str]
    in_every: bool


def _wanted(resolved: Json, zones: list[str]) -> Iterator[_Wanted]:
    paths = {"rabbitmq_hosts": "broker.rabbitmq.instance_type", "monitoring_hosts": "monitoring.instance_type"}
    places: dict[tuple[str, str], set[str]] = {}
    for group in ("rabbitmq_hosts", "worker_hosts", "monitoring_hosts"):
        for host in resolved[group].values():
            path = paths.get(group) or f"pools.{host['pool']}.instance_type"
            places.setdefault((path, host["instance_type"]), set()).add(host["zone"])
    yield from (_Wanted(path, size, frozenset(found), in_every=True) for (path, size), found in places.items())
    # A node group or node pool takes machines from the zones that offer them.
    for name, pool in resolved["pools"].items():
        if pool["runs_on"] == "eks":
            for size in pool["instance_types"]:
                yield _Wanted(f"pools.{name}.instance_type", size, frozenset(zones), in_every=False)


def _offered(ec2: Any, sizes: list[str]) -> dict[str, set[str]]:
    """The zones that offer each size."""
    found: dict[str, set[str]] = {}
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": sizes}]
    )
    for page in pages:
        for offer in page["InstanceTypeOfferings"]:
            found.setdefault(offer["InstanceType"], set()).add(offer["Location"])
    return found
