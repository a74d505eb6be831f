"""A pod of a pool fits on a node of the pool: each of a node group's types, one of a node pool's in Auto Mode."""

import re

import pytest
from celery_platform.environment.aws.capacities import capacities
from celery_platform.environment.aws.sizes import ec2
from celery_platform.environment.derived.eks import ADDONS
from celery_platform.environment.derived.nodes import ADDONS_MILLICORES, Room, room
from celery_platform.environment.load import parse
from celery_platform.environment.rules.node_capacity import types_without_capacity
from hypothesis import given, settings
from hypothesis import strategies as st

from .broken import FILE, GOOD, edited, refusal

AUTO = "eks: {compute: auto} # nodes for pending pods; node groups would need a cluster autoscaler"
IO = "max: 20, instance_type: m7i.large}"
# A type of each kind: small and large, burstable, of each architecture, of each generation, with and without Nitro.
KINDS = ("t3.nano", "t3.small", "t4g.medium", "c4.large", "c7g.medium", "m7i.large", "m8g.xlarge", "r7i.48xlarge",
         "c5.metal", "x2idn.32xlarge", "u7i-12tb.224xlarge", "g5.xlarge")  # fmt: skip
# The smallest pod that the model allows, and the largest.
LEAST, MOST = Room(100, 256), Room(192_000, 1_572_864)
# A retired type, which EC2 describes in no region from which the data comes.
UNKNOWN = "p2.8xlarge"


def file_of(types: list[str], cpu: str, memory_mib: int, compute: str = "node_groups") -> str:
    """Production with these nodes and requests of the pool on EKS."""
    asked = f"max: 20, instance_types: [{', '.join(types)}], cpu: {cpu}, memory_mib: {memory_mib}}}"
    return edited(IO, asked).replace(AUTO, f"eks: {{compute: {compute}}}")


def cores(millicores: int) -> str:
    return f"{millicores / 1_000:g}"


def about(pod: str, types: list[str], compute: str = "node_groups") -> str | None:
    """What is said about a pod, written `cores/MiB`."""
    cpu, _, memory = pod.partition("/")
    return refusal(file_of(types, cpu, int(memory), compute))


def of(size: str) -> Room:
    return room(capacities()[size], ec2()[size])


@pytest.mark.parametrize("size", KINDS)
def test_a_pod_of_all_that_a_node_has_left_is_accepted_and_a_larger_one_refused(size: str) -> None:
    left = of(size)
    cpu, memory = min(left.millicores, MOST.millicores), min(left.memory_mib, MOST.memory_mib)
    fits = cpu >= LEAST.millicores and memory >= LEAST.memory_mib

    if fits:
        assert about(f"{cores(cpu)}/{memory}", [size]) is None
    if cpu < MOST.millicores and memory >= LEAST.memory_mib:
        assert "pools.io.cpu: found " in str(about(f"{cores(cpu + 1)}/{memory}", [size]))
    if memory < MOST.memory_mib:
        assert "pools.io.memory_mib: found " in str(about(f"{cores(cpu)}/{max(memory + 1, LEAST.memory_mib)}", [size]))


def test_the_message_says_how_much_and_why() -> None:
    said = str(about("2/8000", ["m7i.large"]))

    source = r"\(amazon-eks-ami, nodeadm; for Auto Mode also karpenter.sh, Settings\)"
    because = rf"as of 20\d\d-\d\d-\d\d; the node itself needs the rest {source}"
    memory = r"8,000 MiB for a pod on m7i.large; allowed: at most 7,390 MiB of its 8,192 MiB, "
    cpu = r"2 cores for a pod on m7i.large; allowed: at most 1.78 cores of its 2 vCPUs, "
    assert re.search(rf"line \d+, pools.io.memory_mib: found {memory}{because}; or a larger type", said)
    assert re.search(rf"line \d+, pools.io.cpu: found {cpu}{because}; or a larger type", said)


def test_the_default_of_one_core_does_not_fit_on_one_virtual_cpu() -> None:
    text = edited(AUTO, "eks: {compute: node_groups}").replace(IO, "max: 20, instance_type: c7g.medium}")

    told = "pools.io.cpu: found 1 core for a pod on c7g.medium; allowed: at most 0.79 cores of its 1 vCPU, as of"
    assert told in str(refusal(text))


# What is left of the m5 family in Karpenter's own count, beside a request of 100 MiB and a tenth of a core
# (karpenter-provider-aws#2158).
@pytest.mark.parametrize(
    ("size", "millicores", "memory_mib"),
    [
        ("m5.large", 1_830, 6_803),
        ("m5.xlarge", 3_820, 14_062),
        ("m5.2xlarge", 7_810, 29_217),
        ("m5.4xlarge", 15_790, 57_591),
        ("m5.12xlarge", 47_710, 178_833),
        ("m5.24xlarge", 95_590, 355_162),
    ],
)
def test_a_node_of_auto_mode_has_as_much_left_as_karpenter_counts(size: str, millicores: int, memory_mib: int) -> None:
    left = room(capacities()[size], "amd64", auto_mode=True)

    assert left == Room(millicores + 100, memory_mib + 100)


# 393,216 MiB and 10,752 MiB less 1/64 for pages, 355 MiB, and 11 MiB for each pod that a group admits: 250 and 58.
@pytest.mark.parametrize(("size", "memory_mib"), [("m5.24xlarge", 383_967), ("c5n.xlarge", 9_591)])
def test_a_node_of_a_group_lacks_only_what_surely_is_not_there(size: str, memory_mib: int) -> None:
    assert room(capacities()[size], "amd64").memory_mib == memory_mib


def test_every_add_on_of_a_node_is_counted() -> None:
    assert {name for addons in ADDONS.values() for name in addons} - {"coredns"} == set(ADDONS_MILLICORES)


def test_every_type_of_a_node_group_has_to_hold_the_pod() -> None:
    assert about("1/6000", ["m7i.xlarge", "m7i.2xlarge"]) is None
    assert "6,000 MiB for a pod on c7i.large" in str(about("1/6000", ["m7i.xlarge", "c7i.large", "c7i.xlarge"]))


def test_a_pod_that_is_too_large_for_two_types_in_two_ways_has_two_problems() -> None:
    said = str(about("3/7500", ["r7i.large", "c7i.xlarge"]))

    assert "3 cores for a pod on r7i.large" in said
    assert "7,500 MiB for a pod on c7i.xlarge" in said


def test_one_type_of_a_node_pool_in_auto_mode_has_to_hold_the_pod() -> None:
    assert about("3/12000", ["c7i.large", "m7i.xlarge"], "auto") is None
    said = str(about("3/14000", ["c7i.large", "r7i.large", "c7i.xlarge"], "auto"))
    assert "3 cores for a pod on r7i.large" in said
    assert "c7i" not in said


def test_the_add_ons_of_auto_mode_request_nothing() -> None:
    assert about("1.93/2000", ["m7i.large"], "auto") is None
    assert "at most 1.93 cores" in str(about("1.931/2000", ["m7i.large"], "auto"))
    assert "at most 1.78 cores" in str(about("1.931/2000", ["m7i.large"]))


def test_auto_mode_has_a_machine_for_every_pod_of_a_pool_without_types() -> None:
    assert refusal(edited(IO, "max: 20, instance_type: m7i.large, cpu: 192, memory_mib: 1572864}")) is None

    largest = [one for size, one in capacities().items() if size[0] in "cmr" and ec2()[size] == "amd64"]
    assert any(
        left.millicores >= MOST.millicores and left.memory_mib >= MOST.memory_mib
        for left in (room(one, "amd64") for one in largest)
    )


def test_a_type_whose_capacity_only_ec2_knows_is_accepted() -> None:
    text = file_of([UNKNOWN], "192", 1_572_864)

    assert refusal(text) is None
    assert list(types_without_capacity(parse(text.encode(), FILE))) == [UNKNOWN]
    assert list(types_without_capacity(parse(GOOD.encode(), FILE))) == []


@settings(max_examples=60, deadline=None)
@given(
    types=st.lists(st.sampled_from(sorted(t for t, kind in ec2().items() if kind == "amd64" and t in capacities())),
                   min_size=1, max_size=4, unique=True),
    millicores=st.integers(LEAST.millicores, 8_000),
    memory_mib=st.integers(LEAST.memory_mib, 65_536),
)  # fmt: skip
def test_what_is_accepted_fits_and_what_is_refused_does_not(types: list[str], millicores: int, memory_mib: int) -> None:
    said = about(f"{cores(millicores)}/{memory_mib}", types)

    fits = all(of(size).millicores >= millicores and of(size).memory_mib >= memory_mib for size in types)
    assert (said is None) == fits
    if said is not None:
        least = min(of(size).memory_mib for size in types)
        assert ("pools.io.memory_mib" in said) == (memory_mib > least)
