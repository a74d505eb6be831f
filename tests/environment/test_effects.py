"""What an apply would replace, destroy or stop is told in sentences, from the environment file alone.

tests/terraform/test_effects.py compares the same with real plans.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.differences import effects_between
from celery_platform.environment.effects import effects
from celery_platform.environment.load import parse

from tests.harness.environment import PROD

from .broken import FILE, GOOD

SQS = GOOD.replace("kind: rabbitmq", "kind: sqs")
AMAZON_MQ = GOOD.replace("kind: rabbitmq", "kind: amazon_mq")
NODE_GROUPS = GOOD.replace("eks: {compute: auto}", "eks: {compute: node_groups}")
ATTACHED = Path(__file__).parent / "environments" / "attached" / PROD.name
IO = "max: 20, instance_type: m7i.large"


def told(before: str, old: str, new: str) -> list[str]:
    """The sentences about a file in which one text is replaced."""
    assert old in before, old
    return sentences(before, before.replace(old, new))


def sentences(before: str, after: str) -> list[str]:
    return [str(one) for one in effects(*(resolve(parse(text.encode(), FILE)) for text in (before, after)))]


def beginning(lines: Iterable[str], *starts: str) -> bool:
    """Whether each of the starts is that of a line."""
    return all(any(line.startswith(start) for line in lines) for start in starts)


def test_a_change_that_touches_nothing_has_no_effects() -> None:
    assert told(GOOD, "monthly_usd: 4000", "monthly_usd: 4100") == []
    assert told(GOOD, "soft_time_limit_seconds: 240", "soft_time_limit_seconds: 200") == []
    assert told(GOOD, "volume_gib: 100", "volume_gib: 200") == []


@pytest.mark.parametrize(
    ("before", "old", "new", "said"),
    [
        (GOOD, "instance_type: c7i.xlarge", "instance_type: c7i.2xlarge",
         "an apply would stop the machine celery-prod-worker-cpu-1: instance_type changes from c7i.xlarge to"),
        (GOOD, "instance_type: c7i.xlarge", "instance_type: c7g.xlarge",
         "an apply would replace the machine celery-prod-worker-cpu-1, with its disk: architecture changes from"),
        (GOOD, "min: 3, max: 3", "min: 2, max: 2",
         "an apply would destroy the machine celery-prod-worker-cpu-3, with its disk"),
        (GOOD, "nodes: 3", "nodes: 1",
         "an apply would destroy the volume celery-prod-rabbitmq-3-data, with the messages of this node"),
        (GOOD, "cidr: 10.40.0.0/16", "cidr: 10.41.0.0/16",
         "an apply would replace the VPC celery-prod, with everything in it: network.cidr changes from"),
        (GOOD, "nat: per_zone", "nat: single",
         "an apply would destroy the NAT gateway in eu-west-1c, with its public address"),
        (GOOD, "buckets: [files]", "buckets: []", "an apply would destroy the bucket celery-prod-files, with"),
        (GOOD, ", secret: ledger}", "}", "an apply would destroy the secret celery-prod/ledger, with its value"),
        (GOOD, "volume_gib: 100}", "volume_gib: 100, load_balancer: false}",
         "an apply would destroy the load balancer of rabbitmq.celery-prod.internal, with all connections"),
        (SQS, "nightly", "weekly", "an apply would destroy the queue celery-prod-nightly-dlq, with its messages"),
        (SQS, "kind: sqs", "kind: rabbitmq", "an apply would destroy the queue celery-prod-slow, with its messages"),
        (SQS, "slow: {pool: cpu,", "slow: {fifo: true, max_countdown_seconds: 0, pool: cpu,",
         "an apply would replace the queue celery-prod-slow, with its messages: name changes from celery-prod-slow"),
        (NODE_GROUPS, IO, "max: 20, instance_type: m7i.xlarge",
         "an apply would replace the node group io, with its nodes, after their pods have moved: instance_types"),
        (NODE_GROUPS, IO, f"{IO}, capacity: spot", "an apply would replace the node group io"),
        (NODE_GROUPS, "zones: 3", "zones: 2",
         "an apply would replace the node group io, with its nodes, after their pods have moved: subnets changes from"),
        (GOOD, "zones: 3", "zones: 2",
         "an apply would replace the load balancer of rabbitmq.celery-prod.internal, with all connections: subnets"),
        (AMAZON_MQ, "deployment: cluster", "deployment: single",
         "an apply would replace the Amazon MQ broker celery-prod-broker, with all its messages: broker.amazon_mq."),
        (GOOD, "volume_gib: 100", "volume_gib: 8",
         "an apply would fail at the volume celery-prod-rabbitmq-1-data: a volume does not become smaller, and volume"),
        (GOOD, "results: {", "results: {tls: false, ",
         "an apply would fail at the Valkey store celery-prod-results: AWS does not switch encryption in transit"),
        (NODE_GROUPS, "compute: node_groups", "compute: auto", "an apply would destroy the node group io"),
        (NODE_GROUPS, "compute: node_groups", "compute: node_groups, service_cidr: 192.168.0.0/16",
         "an apply would fail at the cluster celery-prod: a cluster keeps the range of its services, and service_cidr"),
    ],
)  # fmt: skip
def test_what_is_lost_is_named_with_the_value_that_causes_it(before: str, old: str, new: str, said: str) -> None:
    assert beginning(told(before, old, new), said)


def test_machines_are_replaced_where_an_existing_subnet_is_exchanged_for_another() -> None:
    attached = ATTACHED.read_text().replace("name: attached", "name: prod")

    lines = told(attached, "subnet-0000000a", "subnet-0ffffffff")

    assert beginning(lines, "an apply would replace the machine ")
    assert any("subnet changes from subnet-0000000a to subnet-0ffffffff" in line for line in lines)


def test_a_broker_on_amazon_mq_is_replaced_where_its_subnet_is_exchanged_for_another() -> None:
    attached = ATTACHED.read_text().replace("name: attached", "name: prod").replace("kind: rabbitmq", "kind: amazon_mq")
    attached = "\n".join(line for line in attached.splitlines() if not line.startswith("  dns: "))

    lines = told(attached, "subnet-0000000a", "subnet-0ffffffff")

    assert beginning(lines, "an apply would replace the Amazon MQ broker celery-prod-broker")


def test_a_load_balancer_that_gets_another_zone_stays() -> None:
    fewer = GOOD.replace("zones: 3", "zones: 2")

    assert not any("load balancer" in line for line in told(fewer, "zones: 2", "zones: 3"))


def test_a_switch_of_the_broker_destroys_the_old_one() -> None:
    lines = told(GOOD, "kind: rabbitmq", "kind: amazon_mq")

    assert beginning(lines, *(f"an apply would destroy the volume celery-prod-rabbitmq-{n}-data" for n in (1, 2, 3)))
    assert not any("Valkey" in line for line in lines), "the result store stays"


def test_what_cannot_move_to_another_vpc_is_said_to_fail() -> None:
    lines = told(GOOD, "cidr: 10.40.0.0/16", "cidr: 10.41.0.0/16")
    reason = "AWS does not move it to another VPC, and network.cidr changes from 10.40.0.0/16 to 10.41.0.0/16"

    assert f"an apply would fail at the Valkey store celery-prod-results: {reason}" in lines
    assert f"an apply would fail at the cluster celery-prod: {reason}" in lines


def test_another_region_leaves_everything_behind() -> None:
    assert told(GOOD, "region: eu-west-1", "region: eu-west-2") == [
        "an apply would make again everything of celery-prod: region changes from eu-west-1 to eu-west-2; what is in "
        "eu-west-1 as celery-prod stays, costs money, and is in no plan"
    ]


def test_another_prefix_leaves_everything_behind() -> None:
    before = resolve(parse(GOOD.encode(), FILE))

    (only,) = effects(before, before | {"prefix": "orders-prod"})

    assert str(only) == (
        "an apply would make again everything of celery-prod: prefix changes from celery-prod to orders-prod; what "
        "is in eu-west-1 as celery-prod stays, costs money, and is in no plan"
    )


def test_two_environments_share_nothing_that_could_be_replaced() -> None:
    local = PROD.parents[1] / "local" / PROD.name

    assert list(effects(*(resolve(parse(file.read_bytes(), file)) for file in (PROD, local)))) == []


def test_an_environment_that_does_not_differ_has_no_effects() -> None:
    assert effects_between("prod", "prod") == []
