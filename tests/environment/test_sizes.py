"""Policies, parameters and ConfigMaps of an estate of any size stay within the quotas of AWS and Kubernetes."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment import EnvironmentFileError, resolve
from celery_platform.environment.derived import security_rules
from celery_platform.environment.derived.queue_patterns import covering
from celery_platform.environment.load import parse

from tests.estates.shapes import SHAPES, Shape, file_of, sections

SQS = [shape for shape in SHAPES if shape.kind == "sqs"]


def resolved(shape: Shape, **changes: Any) -> dict[str, Any]:
    """The resolved values of an estate with these sections changed."""
    return resolve(parse(file_of(shape, **changes).encode(), Path(shape.name) / "environment.yml"))


@pytest.mark.parametrize("shape", SQS, ids=lambda shape: shape.name)
def test_patterns_match_every_queue_or_every_dead_letter_queue_and_nothing_else(shape: Shape) -> None:
    values = resolved(shape)
    names = {queue["name"] for queue in values["queues"].values()}
    dead = {queue["dead_letter_name"] for queue in values["queues"].values()}

    for label, meant in (("*", names), ("*-dlq", dead)):
        patterns = values["queue_patterns"][label]
        assert {name for name in names | dead if any(fnmatchcase(name, one) for one in patterns)} == meant


@pytest.mark.parametrize("label", ["q", "lq", "dlq", "x_dlq", "a", "faq", "sql"])
def test_a_label_that_ends_like_a_dead_letter_queue_has_a_pattern_of_its_own(label: str) -> None:
    others = [f"celery-x-{each}-dlq{end}" for each in (label, "dlq", "mail") for end in ("", ".fifo")]
    patterns = covering("celery-x-", [f"celery-x-{label}", f"celery-x-{label}.fifo"], others)

    assert [name for name in others if any(fnmatchcase(name, one) for one in patterns)] == []
    for name in (f"celery-x-{label}", f"celery-x-{label}.fifo"):
        assert any(fnmatchcase(name, one) for one in patterns)


def test_a_pool_that_drains_every_queue_lists_none() -> None:
    workers = resolved(Shape("all", "sqs", queues=1_000, pools=1))["workloads"]["worker-pool0"]

    assert workers["drains"] == (("*",),)


def test_a_pool_with_many_queues_has_them_in_parts_each_queue_in_one() -> None:
    values = resolved(Shape("two", "sqs", queues=300, pools=2))
    parts = values["workloads"]["worker-pool0"]["drains"]

    assert len(parts) > 1
    assert [label for part in parts for label in part] == values["pools"]["pool0"]["queues"]


def test_more_queues_than_the_policies_of_a_role_can_list_are_refused() -> None:
    shape = Shape("halves", "sqs", queues=1_000, pools=2)

    with pytest.raises(EnvironmentFileError) as refused:
        resolved(shape)

    assert "pools.pool0: found 500 queues, which need" in str(refused.value)
    assert "at most 10 managed policies attached to a role (IAM guide" in str(refused.value)


def test_statements_that_exceed_the_inline_policy_are_refused() -> None:
    resources = [f"arn:aws:s3:::celery-bucket-{number:03}/a/folder/*" for number in range(250)]
    pool = {"runs_on": "hosts", "type": "solo", "concurrency": 1, "min": 1, "max": 1, "instance_type": "m7i.large"}
    permissions = {"statements": [{"actions": ["s3:GetObject"], "resources": resources}]}

    with pytest.raises(EnvironmentFileError, match="characters in all inline policies"):
        resolved(SHAPES[2], pools={"pool0": {**pool, "permissions": permissions}})


def test_more_configuration_than_a_config_map_holds_is_refused() -> None:
    with pytest.raises(
        EnvironmentFileError, match=r"queues: found 2,500 queues and 250 pools, which make [\d,]+ bytes"
    ):
        resolved(Shape("large", "rabbitmq", queues=2_500, pools=250, hosts_every=10))


def test_more_buckets_than_a_parameter_holds_are_refused() -> None:
    application = sections(SHAPES[2])["application"]

    resolved(SHAPES[2], application=application | {"buckets": [f"files_{number:02}" for number in range(20)]})
    with pytest.raises(EnvironmentFileError, match=r"90 buckets, whose names make [\d,]+ characters"):
        resolved(SHAPES[2], application=application | {"buckets": [f"files_{number:02}" for number in range(90)]})


@pytest.mark.parametrize(
    ("kind", "most"),
    [("rabbitmq", "the broker"), ("amazon_mq", "the broker"), ("redis", "the broker"), ("sqs", "store")],
)
def test_more_clients_than_a_security_group_admits_are_refused(kind: str, most: str) -> None:
    networks = [f"10.{number}.0.0/16" for number in range(100, 161)]

    with pytest.raises(EnvironmentFileError, match=rf"clients: found \d+ inbound rules of .*{most}"):
        resolved(SHAPES[2], broker=sections(SHAPES[2])["broker"] | {"kind": kind}, clients={
            "office": {"cidrs": networks, "may": ["publish", "watch"]}
        })  # fmt: skip


@pytest.mark.parametrize("kind", ["rabbitmq", "amazon_mq", "redis", "sqs"])
@pytest.mark.parametrize("hosts_every", [1, 2], ids=["all on hosts", "half in pods"])
def test_no_security_group_has_more_rules_with_more_pools(kind: str, hosts_every: int) -> None:
    found = [
        security_rules.inbound(parse(file_of(shape).encode(), Path(shape.name) / "environment.yml"))
        for shape in (
            Shape("grows", kind, queues=pools, pools=pools, hosts_every=hosts_every) for pools in (2, 7, 60, 100)
        )
    ]

    assert found[1:] == found[:1] * 3
    assert max(found[0].values()) < 20


def test_more_services_than_a_security_group_opens_are_refused() -> None:
    services = {f"s{number}": {"host": f"10.1.0.{number}", "port": 443} for number in range(1, 60)}
    queues = {"orders_created": {"pool": "pool0", "soft_time_limit_seconds": 60, "calls": list(services)}}

    with pytest.raises(EnvironmentFileError, match=r"pools.pool0: found \d+ outbound rules of its hosts"):
        resolved(SHAPES[2], services=services, queues=queues)


def test_more_node_groups_than_a_cluster_has_are_refused() -> None:
    shape = Shape("groups", "sqs", queues=62, pools=62, hosts_every=2)

    with pytest.raises(EnvironmentFileError, match=r"eks\.compute: found 31 pools with a node group each"):
        resolved(shape, eks={"compute": "node_groups", "version": "1.35"})
