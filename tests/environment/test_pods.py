"""The values that the chart reads from an environment: sizes, targets, and egress of pods."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from celery_platform.environment.model import BrokerKind

from .conftest import Edit
from .test_resolve import with_kind

IO = "io: {runs_on: eks, type: threads, concurrency: 32, min: 2"
CPU = "cpu: {runs_on: hosts, type: prefork, concurrency: 4"


def test_auto_concurrency_is_one_for_each_whole_core(edit_prod: Edit) -> None:
    edit_prod(CPU, CPU.replace("concurrency: 4", "concurrency: auto"))
    edit_prod("cpu: 4, memory_mib", "cpu: 3.5, memory_mib")

    assert resolve(load("prod"))["pools"]["cpu"]["concurrency"] == 3


def test_auto_concurrency_is_at_least_one(edit_prod: Edit) -> None:
    edit_prod(CPU, CPU.replace("concurrency: 4", "concurrency: auto"))
    edit_prod("cpu: 4, memory_mib", "cpu: 0.5, memory_mib")

    assert resolve(load("prod"))["pools"]["cpu"]["concurrency"] == 1


@pytest.mark.parametrize("key", ["max_tasks_per_child", "max_memory_per_child_mib"])
@pytest.mark.parametrize(
    ("kind", "concurrency"),
    [("threads", 32), ("gevent", 32), ("asyncio", 32), ("solo", 1), ("prefork", 4), ("turbo", 2)],
)
def test_limits_of_children_are_refused_on_pools_without_child_processes(
    edit_prod: Edit, key: str, kind: str, concurrency: int
) -> None:
    edit_prod(IO, IO.replace("type: threads, concurrency: 32", f"type: {kind}, concurrency: {concurrency}, {key}: 100"))

    if kind in {"prefork", "turbo"}:
        assert resolve(load("prod"))["pools"]["io"][key] == 100
    else:
        with pytest.raises(EnvironmentFileError, match=rf"pools\.io\.{key}: found 100 on a {kind} pool, which has no"):
            load("prod")


@pytest.mark.parametrize("most", [1024, 4096])
def test_a_child_that_may_use_all_of_the_workers_memory_is_refused(edit_prod: Edit, most: int) -> None:
    small = CPU.replace("concurrency: 4", f"concurrency: 4, max_memory_per_child_mib: {most}")
    edit_prod(CPU, small)
    edit_prod("memory_mib: 6144", "memory_mib: 1024")

    with pytest.raises(EnvironmentFileError, match=rf"found {most}; allowed: less than memory_mib \(1024\)"):
        load("prod")


def test_auto_concurrency_of_threads_is_refused(edit_prod: Edit) -> None:
    edit_prod(IO, IO.replace("concurrency: 32", "concurrency: auto"))

    with pytest.raises(EnvironmentFileError, match=r"pools\.io\.concurrency: found auto on a threads pool"):
        load("prod")


def test_by_default_a_backlog_of_twice_its_slots_adds_a_worker(edit_prod: Edit) -> None:
    assert resolve(load("prod"))["pools"]["io"]["backlog_per_worker"] == 64

    edit_prod(IO, IO.replace("min: 2", "backlog_per_worker: 10, min: 2"))

    assert resolve(load("prod"))["pools"]["io"]["backlog_per_worker"] == 10


def test_a_pool_on_eks_whose_name_kubernetes_refuses_is_refused(edit_prod: Edit) -> None:
    edit_prod(
        IO, IO + ", max: 3, instance_type: m7i.large}\n  io_2: {runs_on: eks, type: threads, concurrency: 32, min: 2"
    )

    with pytest.raises(EnvironmentFileError, match=r"pools\.io_2: found an underscore"):
        load("prod")


def test_an_hpa_that_would_have_to_scale_from_zero_is_refused(edit_prod: Edit) -> None:
    edit_prod(IO, IO.replace("min: 2", "min: 0"))
    assert load("prod").autoscaler == "keda"

    edit_prod("budget:", "autoscaler: hpa\nbudget:")

    with pytest.raises(EnvironmentFileError, match=r"pools\.io\.min: found 0 with autoscaler hpa"):
        load("prod")


def test_a_pool_calls_what_its_queues_call() -> None:
    pools = resolve(load("prod"))["pools"]

    assert pools["io"]["calls"] == ["database", "ledger", "quota"]
    assert pools["cpu"]["calls"] == []


def test_a_service_named_by_its_address_is_reached_at_that_address_alone() -> None:
    egress = resolve(load("local"))["egress"]["services"]

    assert egress["ledger"] == {"cidr": "10.95.0.12/32", "ports": [8080]}
    assert resolve(load("prod"))["egress"]["services"]["ledger"] == {"cidr": "0.0.0.0/0", "ports": [443]}


@pytest.mark.parametrize("kind", list(BrokerKind))
def test_every_broker_except_sqs_is_reached_on_its_own_ports(kind: BrokerKind) -> None:
    assert bool(with_kind("prod", kind)["egress"]["broker"]["ports"]) is (kind is not BrokerKind.SQS)
