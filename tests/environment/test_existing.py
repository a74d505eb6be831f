"""Existing resources are given by id, checked for consistency, and not created again."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

NETWORK = """\
network:
  cidr: 10.40.0.0/16
  zones: 3
  existing:
    vpc_id: vpc-0a1b2c3d
    resolvers: [10.9.0.53]
    private_subnets:
      eu-west-1a: {id: subnet-0000000a, cidr: 10.40.1.0/24}
      eu-west-1b: {id: subnet-0000000b, cidr: 10.40.2.0/24, hosts: 10.40.2.128/26}
      eu-west-1c: {id: subnet-0000000c, cidr: 10.40.3.0/24}
  dns: {zone: internal.example.com, zone_id: Z0123456789}
"""
MADE = """\
network:
  cidr: 10.40.0.0/16
  zones: 3
  nat: per_zone
  endpoints: [sqs, secretsmanager, ecr.api, ecr.dkr, sts, logs, ssm, ssmmessages, ec2messages, monitoring, eks-auth]
  flow_logs: true
"""
CLUSTER = "eks: {existing: {name: company, security_group: sg-0a1b2c3d}}"
# DNS allows it, but not with the broker's own name before it.
LONG_ZONE = ".".join((60 * "a", 60 * "b", 60 * "c", 58 * "d"))
AUTO = "eks: {compute: auto} # nodes for pending pods; node groups would need a cluster autoscaler"


@pytest.fixture
def attached(edit_prod: Edit) -> Edit:
    """Production in a company's existing network, zone and cluster."""
    edit_prod(MADE, NETWORK)
    edit_prod(AUTO, CLUSTER)
    edit_prod("  issuer: ", "  existing_provider: true\n  issuer: ")
    return edit_prod


@pytest.mark.usefixtures("attached")
def test_hosts_have_addresses_in_the_reserved_blocks() -> None:
    hosts = resolve(load("prod"))["worker_hosts"]

    assert [host["private_ip"] for host in hosts.values()] == ["10.40.1.40", "10.40.2.168", "10.40.3.40"]


@pytest.mark.usefixtures("attached")
def test_ids_are_passed_on_and_nothing_is_derived_instead() -> None:
    resolved = resolve(load("prod"))
    subnets = {"eu-west-1a": "subnet-0000000a", "eu-west-1b": "subnet-0000000b", "eu-west-1c": "subnet-0000000c"}

    assert resolved["network"]["existing"] == {
        "vpc_id": "vpc-0a1b2c3d",
        "private_subnet_ids": subnets,
        "resolvers": ["10.9.0.53"],
    }
    assert resolved["broker"]["endpoint"]["host"] == "celery-prod-rabbitmq.internal.example.com"
    assert (resolved["eks"]["name"], resolved["eks"]["addons"]) == ("company", {})
    assert resolved["delivery"]["existing_provider"] is True


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("zones: 3", "zones: 2", "found 3 zones; allowed: as many as network.zones: 2"),
        ("      eu-west-1c: {", "      us-east-1c: {", "an availability zone of eu-west-1"),
        ("      eu-west-1c: {", "      eu-west-1d: {", "of eu-west-1: eu-west-1a, eu-west-1b, eu-west-1c"),
        ("cidr: 10.40.3.0/24", "cidr: 10.41.3.0/24", "a part of network.cidr, 10.40.0.0/16"),
        ("cidr: 10.40.3.0/24", "cidr: 10.40.2.0/25", "found 10.40.2.0/25, which overlaps 10.40.2.0/24 of eu-west-1b"),
        ("resolvers: [10.9.0.53]", "resolvers: [127.0.0.53]", "found 127.0.0.53, loopback"),
        ("hosts: 10.40.2.128/26", "hosts: 10.40.9.128/26", "a part of the subnet, 10.40.2.0/24"),
        ("id: subnet-0000000c", "id: subnet-0000000b", "a subnet of its own for each zone"),
        ("  zones: 3\n", "  zones: 3\n  nat: single\n", "network.nat: found a value together with network.existing"),
        ("  zones: 3\n", "  zones: 3\n  endpoints: [sqs]\n", "network.endpoints: found a value together with"),
        ("  zones: 3\n", "  zones: 3\n  flow_logs: true\n", "network.flow_logs: found a value together with"),
        ("eks: {existing", "eks: {compute: auto, existing", "eks.compute: found a value together with eks.existing"),
        ("eks: {existing", "eks: {version: '1.35', existing", "eks.version: found a value together with eks.existing"),
        ("  kind: rabbitmq", "  kind: sqs", "only a RabbitMQ with a load balancer"),
        ("vpc_id: vpc-0a1b2c3d", "vpc_id: main", "vpc_id: found 'main'"),
        ("zone: internal.example.com", "zone: internal", "network.dns.zone: found 'internal'"),
        ("zone: internal.example.com", f"zone: {LONG_ZONE}", "network.dns.zone: found a name of 262 characters"),
        ("max: 3, instance_type: c7i.xlarge", "max: 3", "pools.cpu.instance_type: found"),
    ],
)  # fmt: skip
def test_invalid_existing_resources_are_refused(attached: Edit, old: str, new: str, told: str) -> None:
    attached(old, new)

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert told in str(refused.value)


def test_a_block_may_be_as_small_as_its_hosts_need(attached: Edit) -> None:
    attached("hosts: 10.40.2.128/26", "hosts: 10.40.2.128/29")
    hosts = resolve(load("prod"))["worker_hosts"].values()

    (address,) = (host["private_ip"] for host in hosts if host["zone"] == "eu-west-1b")
    assert IPv4Address(address) in IPv4Network("10.40.2.128/29")


def test_more_hosts_than_their_blocks_hold_are_refused(attached: Edit) -> None:
    attached("min: 3, max: 3", "min: 100, max: 100")
    more = "{runs_on: hosts, type: prefork, concurrency: 4, min: 100, max: 100, instance_type: c7i.xlarge}"
    attached("queues:\n", f"  more: {more}\n\nqueues:\n")
    attached("slow: {pool: cpu", "slow: {pool: [cpu, more]")

    with pytest.raises(EnvironmentFileError, match="a larger block, or fewer hosts"):
        load("prod")


def test_an_existing_cluster_or_zone_needs_an_existing_network(edit_prod: Edit) -> None:
    edit_prod(AUTO, CLUSTER)
    edit_prod("  flow_logs: true\n", "  flow_logs: true\n  dns: {zone: internal.example.com, zone_id: Z0123456789}\n")

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert "eks.existing: found company; allowed: network.existing too" in str(refused.value)
    assert "network.dns: found internal.example.com; allowed: network.existing too" in str(refused.value)


def test_how_large_a_pod_may_be_on_an_existing_cluster_is_for_its_owner(attached: Edit) -> None:
    attached("instance_type: m7i.large}", "instance_type: m7i.large, cpu: 64, memory_mib: 200000}")

    assert resolve(load("prod"))["pools"]["io"]["own_nodes"] is False
