"""Sizes, architectures and Spot capacity of pools."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

IO, CPU = "max: 20, instance_type: m7i.large}", "instance_type: c7i.xlarge,"
AUTO = "eks: {compute: auto} # nodes for pending pods; node groups would need a cluster autoscaler"


def test_each_host_has_the_image_of_its_own_architecture(edit_prod: Edit) -> None:
    edit_prod(CPU, "instance_type: c7g.xlarge,")

    resolved = resolve(load("prod"))

    assert resolved["worker_hosts"]["celery-prod-worker-cpu-1"]["architecture"] == "arm64"
    assert resolved["rabbitmq_hosts"]["celery-prod-rabbitmq-1"]["architecture"] == "amd64"
    assert resolved["hosts"]["machines"] == ["x86_64", "aarch64"]


def test_a_pool_in_auto_mode_without_special_needs_shares_nodes() -> None:
    pool = resolve(load("prod"))["pools"]["io"]

    assert (pool["own_nodes"], pool["node_selector"]) == (False, {"kubernetes.io/arch": "amd64"})


@pytest.mark.parametrize(
    "asked",
    [
        "instance_type: m7i.large, capacity: spot}",
        "instance_types: [m7i.large, m6i.large]}",
        "instance_type: m7g.large}",
    ],
)
def test_a_pool_in_auto_mode_with_special_needs_has_dedicated_nodes(edit_prod: Edit, asked: str) -> None:
    edit_prod(IO, f"max: 20, {asked}")

    pool = resolve(load("prod"))["pools"]["io"]

    assert (pool["own_nodes"], pool["node_selector"]) == (True, {"pool": "io"})


def test_each_pool_has_its_own_node_group(edit_prod: Edit) -> None:
    edit_prod(AUTO, "eks: {compute: node_groups}")

    assert resolve(load("prod"))["pools"]["io"]["node_selector"] == {"pool": "io"}


def test_a_release_command_without_a_node_for_its_first_run_is_refused(edit_prod: Edit) -> None:
    edit_prod(IO, "max: 20, instance_type: m7g.large}")
    load("prod")

    edit_prod("application:", "application:\n  release: [migrate]")

    with pytest.raises(EnvironmentFileError, match=r"eks\.compute: found auto, with only arm64 pools on EKS"):
        load("prod")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (CPU, CPU + " capacity: spot,", "pools.cpu.capacity: found spot on hosts"),
        (CPU, "instance_types: [c7i.xlarge, c6i.xlarge],", "pools.cpu.instance_types: found c7i.xlarge, c6i.xlarge on"),
        (IO, "max: 20, instance_type: m7i.large, instance_types: [m7i.large]}", "pools.io.instance_type: found both"),
        (IO, "max: 20}", "pools.io.instance_type: found neither"),
        (IO, "max: 20, instance_types: [m7i.large, m7g.large]}", "allowed: types of one architecture"),
        (IO, "max: 20, instance_type: m7i.large, capacity: free}", "pools.io.capacity: found 'free'"),
    ],
)  # fmt: skip
def test_impossible_machines_are_refused(edit_prod: Edit, old: str, new: str, told: str) -> None:
    edit_prod(old, new)

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert told in str(refused.value)
