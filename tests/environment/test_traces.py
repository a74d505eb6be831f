"""Traces: one section of the file for hosts and pods."""

import pytest
from celery_platform.environment import EnvironmentFileError, load
from celery_platform.environment.derived import security_rules
from celery_platform.environment.resolve import resolve

from .conftest import Edit

COLLECTOR = 'traces: {endpoint: "http://collector.internal:4318", ratio: 0.25}\nalerts:'


def test_without_the_section_no_process_traces_and_nothing_is_open() -> None:
    resolved = resolve(load("prod"))

    assert not any(name.startswith("OTEL") for name in resolved["application"]["variables"])
    assert resolved["egress"]["traces"]["ports"] == []


def test_hosts_may_reach_the_collector_and_the_rule_is_counted(edit_prod: Edit) -> None:
    before = security_rules.outbound(load("prod"))["cpu"]
    edit_prod("alerts:", COLLECTOR)
    env = load("prod")

    assert resolve(env)["egress"]["traces"] == {"cidr": str(env.network.cidr), "ports": [4318]}
    assert resolve(env)["application"]["variables"]["OTEL_TRACES_SAMPLER_ARG"] == "0.25"
    assert security_rules.outbound(env)["cpu"] == before + 1


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("http://user:word@collector:4318", "a login in the URL of collector"),
        ("http://:4318", "a URL without a host or a port"),
        ("http://collector:99999", "a URL with an impossible port or host"),
        ("collector:4318", "'collector:4318'"),
        ("grpc://collector:4317", "'grpc://collector:4317'"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused(edit_prod: Edit, endpoint: str, found: str) -> None:
    edit_prod("alerts:", COLLECTOR.replace("http://collector.internal:4318", endpoint))

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert f"traces.endpoint: found {found}; allowed: " in str(refused.value)


def test_a_variable_that_follows_from_the_section_is_not_set_twice(edit_prod: Edit) -> None:
    edit_prod("alerts:", COLLECTOR)
    edit_prod("variables: {", "variables: {OTEL_TRACES_SAMPLER: always_on, ")

    with pytest.raises(EnvironmentFileError, match="OTEL_TRACES_SAMPLER, which processes get from traces"):
        load("prod")
