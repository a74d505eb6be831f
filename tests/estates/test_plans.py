"""Every estate can be planned, in a time that grows in proportion, and exceeds no quota that is visible in a plan."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment.derived import security_rules
from celery_platform.environment.quotas import PARAMETER, SECURITY_GROUP_RULES

from tests.estates.conftest import Estate
from tests.estates.planning import planned, seconds_of_children
from tests.estates.shapes import SHAPES

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(1_800)]

# CPU time, because other processes use the machine, too: on two idle cores, a plan takes about half as long.
SECONDS = 20
SECONDS_OF_A_QUEUE = 0.1
INBOUND = {
    "the result store": "module.results.aws_vpc_security_group_ingress_rule.clients",
    "the broker": "module.{}[0].aws_vpc_security_group_ingress_rule.",
    "the cluster": "module.eks[0].aws_vpc_security_group_ingress_rule.",
    "the load balancer": "module.rabbitmq_hosts[0].aws_vpc_security_group_ingress_rule.load_balancer",
}
BROKERS = {"rabbitmq": "rabbitmq_hosts", "redis": "redis_broker", "amazon_mq": "amazon_mq"}


@pytest.mark.parametrize(
    "estate",
    [pytest.param(shape, marks=[pytest.mark.slow] if shape.is_large else [], id=shape.name) for shape in SHAPES],
    indirect=True,
)
def test_it_is_planned_in_time_and_within_quotas(estate: Estate, environments: Path, tmp_path: Path) -> None:
    began = seconds_of_children()
    changes = planned(estate.shape.name, environments, tmp_path)
    seconds = seconds_of_children() - began

    queues = [change for change in changes if change["type"] == "aws_sqs_queue"]
    assert len(queues) == (2 * estate.shape.queues if estate.shape.kind == "sqs" else 0)
    inbound = security_rules.inbound(estate.environment)
    assert _rules(estate, changes) == {group: inbound[group] for group in INBOUND if group in inbound}
    assert max(_of_each_group(changes).values()) <= SECURITY_GROUP_RULES.most
    assert [one for one in _parameters(changes) if len(one) > PARAMETER.most] == []
    assert seconds < SECONDS + estate.shape.queues * SECONDS_OF_A_QUEUE


def _rules(estate: Estate, changes: list[dict[str, Any]]) -> dict[str, int]:
    """The number of inbound rules of each group that clients connect to, as in `security_rules.inbound`."""
    broker = INBOUND["the broker"].format(BROKERS.get(estate.shape.kind, "none"))
    addresses = [change["address"] for change in changes]
    counts = {
        "the result store": sum(address.startswith(INBOUND["the result store"]) for address in addresses),
        "the load balancer": sum(address.startswith(INBOUND["the load balancer"]) for address in addresses),
    }
    counts["the broker"] = sum(address.startswith(broker) for address in addresses) - counts["the load balancer"]
    if any(address.startswith("module.eks[0].aws_eks_cluster.") for address in addresses):
        made = sum(address.startswith(INBOUND["the cluster"]) for address in addresses)
        counts["the cluster"] = made + security_rules.EKS_RULES
    return {group: count for group, count in counts.items() if count}


def _of_each_group(changes: list[dict[str, Any]]) -> Counter[str]:
    """The number of rules of each group and direction. The resource says which, because ids are unknown in a plan."""
    found: Counter[str] = Counter()
    for change in changes:
        if change["type"].startswith("aws_vpc_security_group_"):
            resource_name, _, key = change["address"].partition("[")
            found[f"{resource_name}[{key.split('-')[0]}" if "worker_hosts" in resource_name else resource_name] += 1
    return found


def _parameters(changes: list[dict[str, Any]]) -> list[str]:
    values = [
        change["change"]["after"].get("insecure_value") for change in changes if change["type"] == "aws_ssm_parameter"
    ]
    return [value for value in values if value]
