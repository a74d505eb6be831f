"""Rules about the nodes of pools on EKS: one of them has to hold one of the pool's pods, and a pod of each process."""

from collections.abc import Iterator, Mapping
from math import ceil

from celery_platform.environment.aws.capacities import Capacity, as_of, capacities
from celery_platform.environment.derived.machines import architecture, has_own_nodes, sizes
from celery_platform.environment.derived.nodes import Room, requests, room
from celery_platform.environment.derived.processes import with_paths
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment, Pool

SOURCE = "amazon-eks-ami, nodeadm; for Auto Mode also karpenter.sh, Settings"


def nodes_hold_a_pod(env: Environment) -> Iterator[Problem]:
    """A pod that is larger than what a node has left stays pending, and its queues are not drained.

    A node group takes any of its types, so that each of them has to hold the pod. In Auto Mode, one of them has to: EKS
    chooses a type for the pod, and without a choice of the file there is one for every pod. A node has less than its
    type says: the virtual machine, the kubelet, the eviction threshold and the add-ons have their share.

    Refused by: the Kubernetes scheduler, which reports "Insufficient memory" or "Insufficient cpu" (karpenter.sh,
    "Settings"; amazon-eks-ami, nodeadm; data of EC2, DescribeInstanceTypes).
    """
    yield from too_large_pods(env, known_capacities(env))


def nodes_hold_a_process(env: Environment) -> Iterator[Problem]:
    """The pods of processes run on the nodes of pools: one that is larger than each of them stays pending.

    With node groups, these are the nodes that there are; Auto Mode starts one that is large enough.

    Refused by: the Kubernetes scheduler, which reports "Insufficient memory" or "Insufficient cpu".
    """
    known = known_capacities(env)
    types = {size for pool in env.pools.values() if has_own_nodes(env, pool) for size in sizes(pool)}
    if env.eks.compute != "node_groups" or not types or not types <= known.keys():
        return
    rooms = [_room(env, size, known[size]) for size in types]
    for path, process in with_paths(env):
        asked = Room(millicores=ceil(round(process.cpu * 1_000, 6)), memory_mib=process.memory_mib)
        if process.runs_on == "eks" and not any(_holds(room, asked) for room in rooms):
            found = f"{_counted(process.cpu, 'core')} and {process.memory_mib:,} MiB, which no node has left"
            allowed = f"what fits on one of {', '.join(sorted(types))}, or eks.compute: auto"
            yield Problem(path, found, allowed)


def known_capacities(env: Environment) -> dict[str, Capacity]:
    """The capacities in the data, and those of newer types that the file says."""
    return {size: one.capacity for size, one in env.account.instance_types.items()} | dict(capacities())


def too_large_pods(env: Environment, known: Mapping[str, Capacity]) -> Iterator[Problem]:
    """The pools whose pods do not fit on one of their nodes. Types that are not `known` are taken to hold them.

    Example: `list(too_large_pods(load("prod"), capacities())) == []`
    """
    for name, pool in env.pools.items():
        if has_own_nodes(env, pool):
            yield from _too_large(env, name, pool, known)


def types_without_capacity(env: Environment) -> Iterator[str]:
    """The instance types of nodes whose capacity the data does not know, so that only EC2 can say what fits on them.

    Example: `list(types_without_capacity(load("prod"))) == []`
    """
    for pool in env.pools.values():
        if has_own_nodes(env, pool):
            yield from (size for size in sizes(pool) if size not in capacities())


def _too_large(env: Environment, name: str, pool: Pool, known: Mapping[str, Capacity]) -> Iterator[Problem]:
    asked = requests(pool)
    rooms = {size: _room(env, size, known[size]) for size in sizes(pool) if size in known}
    tight = {size: left for size, left in rooms.items() if not _holds(left, asked)}
    if env.eks.compute == "auto":
        if len(tight) < len(sizes(pool)):
            return
        largest = max(tight, key=lambda size: (tight[size].memory_mib, tight[size].millicores))
        tight = {largest: tight[largest]}
    for size, left in sorted(tight.items(), key=lambda each: each[1].memory_mib)[:1]:
        if asked.memory_mib > left.memory_mib:
            most, has = f"{left.memory_mib:,} MiB", f"{known[size].memory_mib:,} MiB"
            yield _problem(f"pools.{name}.memory_mib", f"{asked.memory_mib:,} MiB", most, size, has)
    for size, left in sorted(tight.items(), key=lambda each: each[1].millicores)[:1]:
        if asked.millicores > left.millicores:
            most, has = _counted(left.millicores / 1_000, "core"), _counted(known[size].vcpus, "vCPU")
            yield _problem(f"pools.{name}.cpu", _counted(pool.cpu, "core"), most, size, has)


def _room(env: Environment, size: str, capacity: Capacity) -> Room:
    return room(capacity, architecture(env, size), auto_mode=env.eks.compute == "auto")


def _holds(left: Room, asked: Room) -> bool:
    return left.memory_mib >= asked.memory_mib and left.millicores >= asked.millicores


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


def _problem(path: str, found: str, most: str, size: str, has: str) -> Problem:
    when = f", as of {as_of()}" if size in capacities() else ""
    allowed = f"at most {most} of its {has}{when}; the node itself needs the rest ({SOURCE}); or a larger type"
    return Problem(path, f"{found} for a pod on {size}", allowed)


RULES = (nodes_hold_a_pod, nodes_hold_a_process)
