"""Who may connect to brokers and stores, by the groups and rules of an applied environment, is what its file says."""

from collections import defaultdict
from typing import Any

import pytest

from tests.terraform.deployment import Deployment

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]

STORE = {6379}
# By the kind of the broker and the role of a machine: the ports of the broker, and of its load balancer.
BROKER_PORTS = {
    "sqs": {},
    "redis": {"worker": STORE, "monitoring": STORE},
    "amazon_mq": {"worker": {443, 5671}, "monitoring": {443, 5671}},
    "rabbitmq": {
        "worker": {5671, 15671, 15692},
        "monitoring": {15671, 15692},
        "rabbitmq": {4369, 25672, *range(35672, 35683)},
    },
}
LOAD_BALANCER_PORTS = {"rabbitmq": {"worker": {5671}}}


def test_each_machine_may_connect_to_what_the_file_implies(deployment: Deployment) -> None:
    prefix, kind = deployment.resolved["prefix"], deployment.kind
    machines = {
        name: host["role"]
        for group in ("rabbitmq_hosts", "worker_hosts", "monitoring_hosts")
        for name, host in deployment.resolved[group].items()
    }

    found = _allowed(deployment)

    broker = f"{prefix}-rabbitmq" if kind == "rabbitmq" else f"{prefix}-broker"
    for name, role in machines.items():
        assert found[name][broker] == set(BROKER_PORTS[kind].get(role, ())), name
        assert found[name][f"{prefix}-rabbitmq-lb"] == set(LOAD_BALANCER_PORTS.get(kind, {}).get(role, ())), name
        assert found[name][f"{prefix}-results"] == (set() if role == "rabbitmq" else STORE), name


def test_a_worker_has_the_group_of_its_pool_and_that_of_all_clients(deployment: Deployment) -> None:
    prefix = deployment.resolved["prefix"]
    groups = _groups_of_machines(deployment)

    for name, host in deployment.resolved["worker_hosts"].items():
        own = f"{prefix}-worker-{host['pool'].replace('_', '-')}"
        assert set(groups[name].values()) == {own, f"{prefix}-clients"}


def test_the_group_of_all_clients_allows_nothing_itself(deployment: Deployment) -> None:
    """What a worker may reach is in the group of its pool, which differs from pool to pool."""
    ec2 = deployment.client("ec2")
    name = f"{deployment.resolved['prefix']}-clients"
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])["SecurityGroups"]

    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])


def _allowed(deployment: Deployment) -> dict[str, dict[str, set[int]]]:
    """The ports that each machine may connect to, by the name of the machine and of the group that admits it."""
    groups = deployment.client("ec2").describe_security_groups()["SecurityGroups"]
    found: dict[str, dict[str, set[int]]] = {}
    for machine, own in _groups_of_machines(deployment).items():
        found[machine] = defaultdict(set)
        for group in groups:
            for rule in group["IpPermissions"]:
                if own.keys() & {pair["GroupId"] for pair in rule.get("UserIdGroupPairs", [])}:
                    found[machine][group["GroupName"]] |= set(range(rule["FromPort"], rule["ToPort"] + 1))
    return found


def _groups_of_machines(deployment: Deployment) -> dict[str, dict[str, str]]:
    """The id and name of the groups of each running machine, by its name."""
    running: list[dict[str, Any]] = [{"Name": "instance-state-name", "Values": ["running"]}]
    reservations = deployment.client("ec2").describe_instances(Filters=running)["Reservations"]
    names = {
        group["GroupId"]: group["GroupName"]
        for group in deployment.client("ec2").describe_security_groups()["SecurityGroups"]
    }
    return {
        tag["Value"]: {group["GroupId"]: names[group["GroupId"]] for group in instance["SecurityGroups"]}
        for reservation in reservations
        for instance in reservation["Instances"]
        for tag in instance["Tags"]
        if tag["Key"] == "Name"
    }
