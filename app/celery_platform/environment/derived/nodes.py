"""Nodes: what a machine of a size has left for one pod, once the node and what runs on every node have their share."""

from dataclasses import dataclass
from math import ceil

from celery_platform.environment.aws.capacities import Capacity
from celery_platform.environment.model import Pool

# A kernel finds less memory than EC2 lists: the hypervisor and the firmware keep up to 7.5 %, depending on size and
# image (karpenter.sh, "Settings", VM_MEMORY_OVERHEAD_PERCENT), and on Graviton 64 MiB more (karpenter-provider-aws,
# pkg/providers/instancetype/types.go, memory). Auto Mode counts the same before it starts a node for a pod. On a node
# of a group the kubelet counts what is there, and what surely is not is the kernel's description of each page: 64
# bytes for 4 KiB (Linux, Documentation/mm/vmemmap_dedup.rst). So a pod that may fit is not refused.
UNUSABLE_PERCENT_IN_AUTO_MODE = 7.5
UNUSABLE_PERCENT = 100 * 64 / 4_096
UNUSABLE_GRAVITON_MIB = 64
# The kubelet of a managed node group admits at most this many pods, below and from 30 vCPUs on, and reserves memory for
# no more (EKS guide, "Choose an optimal Amazon EC2 node instance type").
MOST_PODS, MOST_PODS_OF_A_LARGE_NODE, LARGE_VCPUS = 110, 250, 30
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

    Example: `Room(millicores=1_780, memory_mib=7_390)`
    """

    millicores: int
    memory_mib: int


def room(capacity: Capacity, architecture: str, *, auto_mode: bool = False) -> Room:
    """The most that a node has left for a pod of a pool.

    Args:
        capacity: of its instance type.
        architecture: amd64 or arm64.
        auto_mode: whether the node is one of EKS Auto Mode, where the add-ons are no pods.

    Example: `room(capacities()["m7i.large"], "amd64") == Room(millicores=1_780, memory_mib=7_390)`
    """
    usable = capacity.memory_mib - (UNUSABLE_GRAVITON_MIB if architecture == "arm64" else 0)
    usable -= ceil(usable * (UNUSABLE_PERCENT_IN_AUTO_MODE if auto_mode else UNUSABLE_PERCENT) / 100)
    most_pods = MOST_PODS_OF_A_LARGE_NODE if capacity.vcpus >= LARGE_VCPUS else MOST_PODS
    pods = capacity.max_pods if auto_mode else min(capacity.max_pods, most_pods)
    reserved = KUBELET_MIB + KUBELET_MIB_PER_POD * pods + EVICTION_MIB
    addons = 0 if auto_mode else sum(ADDONS_MILLICORES.values())
    cores = capacity.vcpus * 1_000 - _kubelet_millicores(capacity.vcpus) - addons
    return Room(millicores=max(0, cores), memory_mib=max(0, usable - reserved))


def requests(pool: Pool) -> Room:
    """What a pod of the pool requests, as the chart renders it (app/chart/templates/workers.yaml).

    Example: `requests(load("prod").pools["io"]) == Room(millicores=1_000, memory_mib=1_024)`
    """
    return Room(millicores=ceil(round(pool.cpu * 1_000, 6)), memory_mib=pool.memory_mib)


def _kubelet_millicores(vcpus: int) -> int:
    reserved, counted = 0, 0
    for until, hundredths in KUBELET_CPU:
        cores = max(0, min(vcpus, until) - counted)
        reserved += cores * 1_000 * hundredths // 10_000
        counted = until
    return reserved
