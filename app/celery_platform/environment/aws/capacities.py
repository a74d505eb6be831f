"""What a machine of each EC2 instance type has: virtual CPUs, memory, and addresses for pods."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Capacity:
    """What EC2 says about a machine, and the number of pods for which the VPC CNI has addresses on it.

    Example: `capacities()["m7i.large"] == Capacity(vcpus=2, memory_mib=8_192, max_pods=29)`
    """

    vcpus: int
    memory_mib: int
    max_pods: int


@cache
def capacities() -> Mapping[str, Capacity]:
    """The capacity of each instance type that the data knows; of the newest types, only EC2 knows it.

    Example: `capacities()["c7g.medium"].memory_mib == 2_048`
    """
    families = _data()["ec2"].items()
    return {
        f"{family}.{size}": Capacity(*map(int, numbers.split("/")))
        for family, sizes in families
        for size, _, numbers in (one.partition("=") for one in sizes.split())
    }


def described_capacity(about: Mapping[str, Any]) -> Capacity:
    """The capacity in an answer of EC2, DescribeInstanceTypes.

    Each network interface has one address of its own, and two pods use the address of the node: the VPC CNI and
    kube-proxy. Interfaces of other network cards than the default one are not used (amazon-vpc-cni-k8s,
    misc/eni-max-pods.txt; amazon-eks-ami, nodeadm, calculateStandardMaxPods).

    Args:
        about: one element of `InstanceTypes`.
    """
    network = about["NetworkInfo"]
    card = network["NetworkCards"][network["DefaultNetworkCardIndex"]]
    pods = card["MaximumNetworkInterfaces"] * (network["Ipv4AddressesPerInterface"] - 1) + 2
    return Capacity(about["VCpuInfo"]["DefaultVCpus"], about["MemoryInfo"]["SizeInMiB"], pods)


def as_of() -> str:
    """The day on which the data was collected."""
    return str(_data()["as_of"])


@cache
def _data() -> Any:
    return json.loads((files(__package__) / "capacities.json").read_text())
