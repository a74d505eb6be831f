"""Nodes: what a machine of a size has left for one pod, once the node and what runs on every node have their share."""

from dataclasses import dataclass
from math import ceil

from celery_platform.environment.aws.capacities import Capacity
from celery_platform.environment.model import Environment, Pool

# A kernel finds less memory than EC2 lists: the hypervisor and the firmware keep up to 7.5 %, depending on size and
# image (karpenter.sh, "Settings", VM_MEMORY_OVERHEAD_PERCENT), and on Graviton 64 MiB more (karpenter-provider-aws,
# pkg/providers/instancetype/types.go, memory). Karpenter counts the same before it starts a node for a pod.
UNUSABLE_PERCENT = 7.5
UNUSABLE_GRAVITON_MIB = 64
# What the node's agents reserve and keep free (amazon-eks-ami, nodeadm/internal/kubelet/config.go, of 2026-07-23).
KUBELET_MIB = 255
KUBELET_MIB_PER_POD = 11
EVICTION_MIB = 100
# Of each core up to the given number, this many hundredths of a percent.
KUBELET_CPU = ((1, 600), (2, 100), (4, 50), (1_000, 25))
# The requests of the add-ons that run on every node, in thousandths of a core; none requests memory. vpc-cni has two
# containers of 25 (amazon-vpc-cni-k8s, config/master/aws-k8s-cni.yaml), because its network policies are enabled. In
# Auto Mode, all of them are part of the machine image and no pods (EKS guide, "Automate cluster infrastructure").
ADDONS_MILLICORES = {"vpc-cni": 50, "kube-proxy": 100, "eks-pod-identity-agent": 0}


@dataclass(frozen=True)
class Room:
    """The most that one pod can request on a node.

    Example: `Room(millicores=1_780, memory_mib=6_903)`
    """

    millicores: int
    memory_mib: int


def room(capacity: Capacity, architecture: str, *, with_addons: bool = True) -> Room:
    """What a node has left for a pod of a pool.

    Args:
        capacity: of its instance type.
        architecture: amd64 or arm64.
        with_addons: whether the add-ons run as pods, as they do except in Auto Mode.

    Example: `room(capacities()["m7i.large"], "amd64") == Room(millicores=1_780, memory_mib=6_903)`
    """
    usable = capacity.memory_mib - (UNUSABLE_GRAVITON_MIB if architecture == "arm64" else 0)
    usable -= ceil(usable * UNUSABLE_PERCENT / 100)
    reserved = KUBELET_MIB + KUBELET_MIB_PER_POD * capacity.max_pods + EVICTION_MIB
    addons = sum(ADDONS_MILLICORES.values()) if with_addons else 0
    cores = capacity.vcpus * 1_000 - _kubelet_millicores(capacity.vcpus) - addons
    return Room(millicores=max(0, cores), memory_mib=max(0, usable - reserved))


def requests(pool: Pool) -> Room:
    """What a pod of the pool requests, as the chart renders it (app/chart/templates/workers.yaml).

    Example: `requests(load("prod").pools["io"]) == Room(millicores=1_000, memory_mib=1_024)`
    """
    return Room(millicores=ceil(round(pool.cpu * 1_000, 6)), memory_mib=pool.memory_mib)


def addons_are_pods(env: Environment) -> bool:
    """Whether the add-ons of a node run as pods on it, and request a part of it."""
    return env.eks.compute == "node_groups"


def _kubelet_millicores(vcpus: int) -> int:
    reserved, counted = 0, 0
    for until, hundredths in KUBELET_CPU:
        cores = max(0, min(vcpus, until) - counted)
        reserved += cores * 1_000 * hundredths // 10_000
        counted = until
    return reserved
