"""Switching the broker changes one key of the file, and everything else is derived from it."""

from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment import load, resolve
from celery_platform.environment.model import BrokerKind


def with_kind(name: str, kind: BrokerKind) -> dict[str, Any]:
    env = load(name)
    return resolve(env.model_copy(update={"broker": env.broker.model_copy(update={"kind": kind})}))


def test_rabbitmq_nodes_are_spread_over_the_zones() -> None:
    hosts = resolve(load("prod"))["rabbitmq_hosts"]

    assert len({host["zone"] for host in hosts.values()}) == len(hosts) == 3


@pytest.mark.parametrize("kind", [BrokerKind.SQS, BrokerKind.REDIS, BrokerKind.AMAZON_MQ])
def test_only_the_rabbitmq_kind_has_rabbitmq_hosts_and_a_cookie(kind: BrokerKind) -> None:
    resolved = with_kind("prod", kind)

    assert resolved["rabbitmq_hosts"] == {}
    assert "erlang_cookie" not in resolved["secrets"]


@pytest.mark.parametrize("kind", list(BrokerKind))
def test_switching_the_broker_is_one_line_of_the_file(environments: Path, kind: BrokerKind) -> None:
    file = environments / "local" / "environment.yml"
    file.write_text(file.read_text().replace("  kind: rabbitmq\n", f"  kind: {kind.value}\n"))

    resolved = resolve(load("local"))

    assert resolved["broker"]["kind"] == kind.value
    assert bool(resolved["rabbitmq_hosts"]) == (kind is BrokerKind.RABBITMQ)


@pytest.mark.parametrize(("version", "replication"), [("3.10", "mirrored"), ("3.10", "quorum"), ("4.0", "quorum")])
def test_mirrored_and_quorum_queues_are_in_separate_virtual_hosts(version: str, replication: str) -> None:
    env = load("prod")
    rabbitmq = env.broker.rabbitmq.model_copy(update={"version": version, "replication": replication})
    broker = env.broker.model_copy(update={"kind": BrokerKind.RABBITMQ, "rabbitmq": rabbitmq})
    resolved = resolve(env.model_copy(update={"broker": broker}))["broker"]

    # A queue cannot change its type, so both exist while messages move from one to the other.
    assert resolved["virtual_host"] == ("celery-mirrored" if replication == "mirrored" else "celery")
    assert resolved["mirrored_virtual_hosts"] == (["celery-mirrored"] if version == "3.10" else [])
    assert resolved["virtual_hosts"] == ["celery", *resolved["mirrored_virtual_hosts"]]


@pytest.mark.parametrize(
    ("cidr", "services", "dns"),
    [("10.40.0.0/16", "172.20.0.0/16", "172.20.0.10"), ("172.31.0.0/16", "10.100.0.0/16", "10.100.0.10")],
)
def test_services_of_a_cluster_have_the_range_that_eks_chooses_beside_the_network(
    cidr: str, services: str, dns: str
) -> None:
    env = load("prod")
    network = env.network.model_copy(update={"cidr": IPv4Network(cidr)})
    eks = resolve(env.model_copy(update={"network": network}))["eks"]

    assert (eks["service_cidr"], eks["dns_address"]) == (services, dns)
