"""Section `account`: quotas that AWS raised are counted instead of the defaults, and sizes newer than the data used."""

import json
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment import quotas, resolve
from celery_platform.environment.load import parse
from celery_platform.environment.model.account import Quotas
from celery_platform.environment.quotas import RAISED_ON_REQUEST, Quota

from tests.estates.shapes import Shape, file_of

from .broken import FILE, GOOD, edited, refusal

NEWER = "{architecture: arm64, vcpus: 2, memory_mib: 8192, max_pods: 29}"
AUTO = "eks: {compute: auto} # nodes for pending pods; node groups would need a cluster autoscaler"
IO = "max: 20, instance_type: m7i.large}"
OFFICES = {"office": {"cidrs": [f"10.{number}.0.0/16" for number in range(100, 161)], "may": ["publish", "watch"]}}
# For each quota that AWS raises: an estate that the default refuses, and how much it needs.
TOO_LARGE: dict[str, tuple[Shape, int, dict[str, Any]]] = {
    "managed_policies_per_role": (Shape("halves", "sqs", queues=1_000, pools=2), 16, {}),
    "inbound_or_outbound_rules_per_security_group": (
        Shape("hosts", "redis", queues=2, pools=2),
        70,
        {"clients": OFFICES},
    ),
    "managed_node_groups_per_cluster": (
        Shape("groups", "sqs", queues=64, pools=64, hosts_every=2),
        32,
        {"eks": {"compute": "node_groups", "version": "1.35"}},
    ),
}


def with_account(section: str, text: str = GOOD) -> str:
    return f"{text}account: {section}\n"


def estate_refused(key: str, **raised: int) -> str | None:
    """What is said about an estate that is larger than a default."""
    shape, _, changes = TOO_LARGE[key]
    text = file_of(shape, **changes, account={"quotas": raised})
    return refusal(text, Path(shape.name) / "environment.yml")


def test_every_quota_that_aws_raises_has_a_key_and_a_code_of_service_quotas() -> None:
    every = [one for one in vars(quotas).values() if isinstance(one, Quota)]

    assert [one for one in every if one.key] == list(RAISED_ON_REQUEST)
    assert {one.key for one in RAISED_ON_REQUEST} == set(Quotas.model_fields) == set(TOO_LARGE)
    for one in RAISED_ON_REQUEST:
        assert Quotas().applied(one) == one
        assert f"{one.service.upper()}, {one.code}" in str(Quotas.model_fields[str(one.key)].description)


@pytest.mark.parametrize("key", TOO_LARGE)
def test_the_message_says_where_a_raised_quota_belongs(key: str) -> None:
    assert f", the default of an account; account.quotas.{key} if AWS raised yours)" in str(estate_refused(key))


@pytest.mark.parametrize("key", TOO_LARGE)
def test_a_raised_quota_is_counted_instead_of_the_default(key: str) -> None:
    needed = TOO_LARGE[key][1]

    assert estate_refused(key, **{key: needed}) is None
    for other in TOO_LARGE.keys() - {key}:
        assert "the default of an account" in str(estate_refused(key, **{other: 900}))


@pytest.mark.parametrize("key", TOO_LARGE)
def test_an_estate_beyond_the_raised_quota_is_refused_with_that_quota(key: str) -> None:
    default = next(one.most for one in RAISED_ON_REQUEST if one.key == key)
    said = str(estate_refused(key, **{key: default + 1}))

    assert f"at most {default + 1} " in said
    assert f"(account.quotas.{key})" in said


@pytest.mark.parametrize("quota", RAISED_ON_REQUEST, ids=lambda quota: quota.key)
def test_less_than_the_default_is_a_typing_error(quota: Quota) -> None:
    said = str(refusal(with_account(f"{{quotas: {{{quota.key}: {quota.most - 1}}}}}")))

    assert f"account.quotas.{quota.key}: found {quota.most - 1}; allowed: a whole number " in said
    assert refusal(with_account(f"{{quotas: {{{quota.key}: {quota.most}}}}}")) is None


def test_more_rules_than_aws_grants_to_anyone_are_refused() -> None:
    said = str(refusal(with_account("{quotas: {inbound_or_outbound_rules_per_security_group: 1001}}")))

    assert "allowed: a whole number from 60 to 1000" in said


def test_an_unknown_quota_is_refused_with_the_known_ones() -> None:
    said = str(refusal(with_account("{quotas: {managed_node_groups: 50}}")))

    assert f"one of the keys of account.quotas: {', '.join(Quotas.model_fields)}" in said


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("instance_type: c7i.xlarge,", "instance_type: m10g.large,", f"{{instance_types: {{m10g.large: {NEWER}}}}}"),
        (IO, IO.replace("m7i", "m10g"), f"{{instance_types: {{m10g.large: {NEWER}}}}}"),
        ("node_type: cache.m7g.large", "node_type: cache.m9g.large", "{node_types: [cache.m9g.large]}"),
        ("instance_type: mq.m7g.large", "instance_type: mq.m9g.large", "{broker_instance_types: [mq.m9g.large]}"),
    ],
)  # fmt: skip
def test_a_size_newer_than_the_data_is_accepted_where_the_file_says_it(old: str, new: str, section: str) -> None:
    text = edited(old, new)

    assert refusal(with_account(section, text)) is None
    key = section.partition(":")[0].strip("{")
    assert f"or a newer one in account.{key}" in str(refusal(text))


def test_the_architecture_of_a_newer_size_is_the_one_that_the_file_says() -> None:
    text = with_account(f"{{instance_types: {{m10g.large: {NEWER}}}}}", edited("c7i.xlarge,", "m10g.large,"))
    text = text.replace(IO, IO.replace("m7i", "m10g"))

    resolved = resolve(parse(text.encode(), FILE))

    assert resolved["worker_hosts"]["celery-prod-worker-cpu-1"]["architecture"] == "arm64"
    assert (resolved["pools"]["io"]["architecture"], resolved["pools"]["io"]["own_nodes"]) == ("arm64", True)
    assert "account" not in json.loads(json.dumps(resolved))


def test_a_pod_has_to_fit_on_a_newer_size_as_well() -> None:
    def pod_of(memory_mib: int) -> str:
        text = edited(AUTO, "eks: {compute: node_groups}")
        text = text.replace(IO, f"max: 20, instance_type: m10g.large, memory_mib: {memory_mib}}}")
        return with_account(f"{{instance_types: {{m10g.large: {NEWER}}}}}", text)

    assert refusal(pod_of(7_327)) is None
    assert "7,328 MiB for a pod on m10g.large; allowed: at most 7,327 MiB" in str(refusal(pod_of(7_328)))


@pytest.mark.parametrize(
    ("size", "old", "new", "told"),
    [
        ("m7g.large", "arm64", "amd64", "architecture: found amd64; allowed: arm64, which EC2 says of m7g.large"),
        ("m7g.large", "vcpus: 2", "vcpus: 4", "vcpus: found 4; allowed: 2, which EC2 says of m7g.large, as of 20"),
        ("m7g.large", "8192", "16384", "memory_mib: found 16384; allowed: 8192, which EC2 says of m7g.large"),
        ("m7g.large", "29", "110", "max_pods: found 110; allowed: 29, which EC2 says of m7g.large"),
        ("mac2.metal", "", "", "architecture: found arm64; allowed: macos, which EC2 says of mac2.metal"),
    ],
)  # fmt: skip
def test_a_size_that_the_data_knows_must_say_the_same(size: str, old: str, new: str, told: str) -> None:
    said = str(refusal(with_account(f"{{instance_types: {{{size}: {NEWER.replace(old, new)}}}}}")))

    assert f"account.instance_types.'{size}'.{told}" in said


def test_a_size_that_has_become_part_of_the_data_may_stay() -> None:
    assert refusal(with_account(f"{{instance_types: {{m7g.large: {NEWER}}}}}")) is None


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (f"{{instance_types: {{m10glarge: {NEWER}}}}}", "an EC2 instance type such as m7i.large"),
        ("{instance_types: {m10g.large: {architecture: arm64}}}", "memory_mib: found nothing"),
        (f"{{instance_types: {{m10g.large: {NEWER.replace('arm64', 'x86_64')}}}}}", "one of: amd64, arm64"),
        ("{node_types: [m9g.large]}", "a node type of ElastiCache such as cache.t4g.micro"),
        ("{broker_instance_types: [m9g.large]}", "an instance type of Amazon MQ such as mq.m7g.large"),
    ],
)
def test_a_size_of_another_form_is_refused(section: str, told: str) -> None:
    assert told in str(refusal(with_account(section)))
