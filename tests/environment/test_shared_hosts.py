"""Pools that run on the machines of another pool share its machines and role, but no metrics port."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

SMALL = (
    "  small: {runs_on: hosts, hosts_with: cpu, type: threads, concurrency: 8, workers_per_host: 2, "
    "secrets: {T: a_key}}\n"
)
NIGHTLY = "nightly: {pool: cpu, soft_time_limit_seconds: 240}"


@pytest.fixture
def shared(edit_prod: Edit) -> Edit:
    """Production with a pool of threads on the three machines of its pool of processes."""
    edit_prod("pools:\n", f"pools:\n{SMALL}")
    edit_prod(NIGHTLY, "nightly: {pool: small, soft_time_limit_seconds: 20, calls: [database]}")
    return edit_prod


@pytest.mark.usefixtures("shared")
def test_no_machines_are_added_and_each_lists_its_pools() -> None:
    hosts = resolve(load("prod"))["worker_hosts"]

    assert sorted(hosts) == [f"celery-prod-worker-cpu-{number}" for number in (1, 2, 3)]
    assert {(host["pool"], *host["pools"]) for host in hosts.values()} == {("cpu", "cpu", "small")}


@pytest.mark.usefixtures("shared")
def test_the_pool_has_as_many_machines_as_the_owner() -> None:
    pools = resolve(load("prod"))["pools"]

    assert (pools["small"]["min"], pools["small"]["max"], pools["small"]["instance_type"]) == (3, 3, "c7i.xlarge")


@pytest.mark.usefixtures("shared")
def test_each_worker_of_a_machine_serves_metrics_on_its_own_port() -> None:
    resolved = resolve(load("prod"))

    assert resolved["pools"]["cpu"]["metrics_port"] == 9540
    assert resolved["pools"]["small"]["metrics_port"] == 9541
    assert resolved["monitoring"]["worker_ports"] == [9540, 9541, 9542]
    assert [(target["port"], target["pool"]) for target in resolved["monitoring"]["worker_targets"]] == [
        (9540, "cpu"), (9541, "small"), (9542, "small"),
    ]  # fmt: skip


def test_a_machine_has_one_role_with_what_either_pool_needs(shared: Edit) -> None:
    shared("kind: rabbitmq\n", "kind: sqs\n")
    workloads = resolve(load("prod"))["workloads"]

    assert "worker-small" not in workloads
    assert workloads["worker-cpu"]["drains"] == (("slow", "nightly"),)
    assert "a_key" in workloads["worker-cpu"]["secrets"]


@pytest.mark.usefixtures("shared")
def test_each_pool_keeps_its_own_time_budget() -> None:
    pools = resolve(load("prod"))["pools"]

    assert pools["small"]["time_budget"]["stop_timeout"] < pools["cpu"]["time_budget"]["stop_timeout"]


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ("hosts_with: nobody", r"pools\.small\.hosts_with: found 'nobody'; allowed: a pool on hosts .*: cpu"),
        ("hosts_with: io", r"pools\.small\.hosts_with: found 'io'"),
        ("hosts_with: small", r"pools\.small\.hosts_with: found 'small'"),
        ("hosts_with: cpu, min: 2, max: 2", r"pools\.small\.min: found 2, with hosts_with: cpu, which has 3"),
        ("hosts_with: cpu, instance_type: m7i.large", r"instance_type: found m7i\.large, with hosts_with: cpu"),
    ],
)
def test_machines_are_described_once_and_by_the_pool_that_owns_them(shared: Edit, new: str, problem: str) -> None:
    shared("hosts_with: cpu", new)

    with pytest.raises(EnvironmentFileError, match=problem):
        load("prod")


def test_pods_share_no_machines(shared: Edit) -> None:
    shared("runs_on: hosts, hosts_with: cpu", "runs_on: eks, hosts_with: cpu")

    with pytest.raises(EnvironmentFileError, match=r"pools\.small\.hosts_with: found a pool that runs on eks"):
        load("prod")
    with pytest.raises(EnvironmentFileError, match=r"workers_per_host: found 2 on a pool that runs on eks"):
        load("prod")


def test_without_hosts_with_the_machines_must_be_described(shared: Edit) -> None:
    shared("hosts_with: cpu, ", "")

    with pytest.raises(EnvironmentFileError, match=r"pools\.small\.min: found nothing"):
        load("prod")
