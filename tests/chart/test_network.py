"""Pods reach what their tasks need and nothing else."""

from ipaddress import ip_network
from typing import Any

from celery_platform.environment.model import BrokerKind

from .rendered import Rendered, render


def let_out(policy: dict[str, Any]) -> set[tuple[str, int]]:
    """Address ranges and ports that a policy lets pods connect to."""
    return {
        (peer["ipBlock"]["cidr"], port["port"])
        for rule in policy["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
    }


def test_every_pod_is_under_exactly_one_policy_that_closes_both_ways(rendered: Rendered) -> None:
    policies = rendered.of("NetworkPolicy").values()
    for name, pod in rendered.pods.items():
        labels = pod["metadata"]["labels"].items()
        own = [one for one in policies if one["spec"]["podSelector"]["matchLabels"].items() <= labels]
        assert [one["metadata"]["name"] for one in own] == [name]
        assert own[0]["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_a_worker_reaches_the_services_that_its_queues_call(rendered: Rendered) -> None:
    for name, pool in rendered.pools.items():
        reached = let_out(rendered.of("NetworkPolicy")[f"worker-{name}"])
        for service in ["broker", "results", "aws", *pool["calls"]]:
            target = rendered.resolved["egress"][service]
            assert {(target["cidr"], port) for port in target["ports"]} <= reached, service


def test_beat_reaches_no_service_of_the_tasks(rendered: Rendered) -> None:
    smtp = rendered.resolved["egress"]["smtp"]

    assert (smtp["cidr"], smtp["ports"][0]) not in let_out(rendered.of("NetworkPolicy")["beat"])


def test_the_broker_is_reached_inside_the_vpc_only() -> None:
    rendered = render("prod", BrokerKind.RABBITMQ, "keda")
    ranges = {cidr for cidr, port in let_out(rendered.of("NetworkPolicy")["worker-io"]) if port in {5671, 5672}}

    assert ranges == {rendered.resolved["network"]["cidr"]}


def test_only_web_and_mail_ports_are_open_to_anywhere(rendered: Rendered) -> None:
    mail = set(rendered.resolved["egress"]["smtp"]["ports"])
    for policy in rendered.of("NetworkPolicy").values():
        anywhere = {port for cidr, port in let_out(policy) if ip_network(cidr).prefixlen == 0}
        assert anywhere <= {80, 443} | mail
