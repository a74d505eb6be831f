"""Pods can only reach what their tasks need."""

from ipaddress import ip_address, ip_network
from typing import Any

from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.model.services import Service

from tests.harness.environment import PROD, described

from .rendered import Rendered, render, render_resolved

# The node's endpoint with the credentials of a pod's role.
POD_IDENTITY = ("169.254.170.23/32", 80)


def let_out(policy: dict[str, Any]) -> set[tuple[str, int]]:
    """CIDR blocks and ports to which a policy lets pods connect."""
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


def test_prometheus_is_let_in_as_a_pod_and_by_an_address_of_the_network(rendered: Rendered) -> None:
    """A namespace selector matches pods with addresses of their own only: no host, and no pod in its network."""
    for name, policy in rendered.of("NetworkPolicy").items():
        if name == "console":  # which serves no metrics
            continue
        (rule,) = policy["spec"]["ingress"]
        assert rule["from"] == [{"namespaceSelector": {}}, {"ipBlock": {"cidr": rendered.resolved["network"]["cidr"]}}]
        assert [port["port"] for port in rule["ports"]] == [9540]


def test_every_pod_reaches_the_dns_of_its_cluster_by_address_and_as_pods(rendered: Rendered) -> None:
    """In Auto Mode DNS is a service of each node, so that no pod has a label (aws/containers-roadmap#2552)."""
    address = rendered.resolved["eks"]["dns_address"]
    assert ip_address(address) in ip_network(rendered.resolved["eks"]["service_cidr"])
    for policy in rendered.of("NetworkPolicy").values():
        (rule,) = (one for one in policy["spec"]["egress"] if {port["port"] for port in one["ports"]} == {53})
        by_address, as_pods = rule["to"]
        assert by_address == {"ipBlock": {"cidr": f"{address}/32"}}
        assert as_pods["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
        assert {port["protocol"] for port in rule["ports"]} == {"UDP", "TCP"}


def test_a_worker_reaches_the_services_that_its_queues_call(rendered: Rendered) -> None:
    for name, pool in rendered.pools.items():
        reached = let_out(rendered.of("NetworkPolicy")[f"worker-{name}"])
        egress = rendered.resolved["egress"]
        for service in ["broker", "results", "aws", *pool["calls"]]:
            target = egress["services"].get(service) or egress[service]
            assert {(target["cidr"], port) for port in target["ports"]} <= reached, service


def test_beat_reaches_no_service_of_the_tasks(rendered: Rendered) -> None:
    beat = let_out(rendered.of("NetworkPolicy")["beat"])
    egress = rendered.resolved["egress"]
    its_own = {(egress[name]["cidr"], port) for name in ("broker", "results", "aws") for port in egress[name]["ports"]}

    dns = {(f"{rendered.resolved['eks']['dns_address']}/32", 53)}
    assert beat - {POD_IDENTITY} - dns <= its_own


def test_the_broker_is_reached_inside_the_vpc_only() -> None:
    rendered = render(PROD, BrokerKind.RABBITMQ, "keda")
    ranges = {cidr for cidr, port in let_out(rendered.of("NetworkPolicy")["worker-io"]) if port in {5671, 5672}}

    assert ranges == {rendered.resolved["network"]["cidr"]}


def test_only_https_and_the_ports_of_services_are_open_to_anywhere(rendered: Rendered) -> None:
    services = {port for service in rendered.resolved["egress"]["services"].values() for port in service["ports"]}
    for policy in rendered.of("NetworkPolicy").values():
        anywhere = {port for cidr, port in let_out(policy) if ip_network(cidr).prefixlen == 0}
        assert anywhere <= {443} | services


def called_by_one_queue(name: str, service: Service) -> Rendered:
    """Production with only this service, which one queue of pool io calls."""
    model = described(PROD)
    calling = next(label for label, queue in model.queues.items() if "io" in queue.pool)
    queues = {
        label: queue.model_copy(update={"calls": (name,) if label == calling else ()})
        for label, queue in model.queues.items()
    }
    return render_resolved(
        resolve(model.model_copy(update={"services": {name: service}, "queues": queues})), model.broker.kind
    )


def test_a_database_is_reached_by_the_pool_whose_queue_calls_it_and_by_no_other_component() -> None:
    policies = called_by_one_queue("database", Service(host="10.40.3.7", port=5432)).of("NetworkPolicy")

    assert {name for name, policy in policies.items() if ("10.40.3.7/32", 5432) in let_out(policy)} == {"worker-io"}


def test_a_service_called_like_one_of_the_platforms_own_targets_is_reached() -> None:
    policies = called_by_one_queue("results", Service(url="http://10.40.3.8:9200")).of("NetworkPolicy")

    assert ("10.40.3.8/32", 9200) in let_out(policies["worker-io"])
