"""An environment with an existing network, zone, cluster and OIDC provider: none of them is created again."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from celery_platform.environment import load
from celery_platform.rendering import write

from tests.terraform.conftest import Runner, copied
from tests.terraform.deployment import ACCOUNT, KEYS, emulator, free_port, set_line

pytestmark = pytest.mark.terraform

# Ids of existing resources, which somebody else created.
NOT_OURS = {
    "aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_nat_gateway", "aws_route_table", "aws_vpc_endpoint",
    "aws_default_security_group", "aws_route53_zone", "aws_eks_cluster", "aws_eks_node_group", "aws_eks_addon",
    "aws_iam_openid_connect_provider",
}  # fmt: skip
THERE: dict[str, Any] = {
    "vpc": "vpc-0a1b2c3d4e5f60718",
    "subnets": {f"eu-west-1{letter}": f"subnet-0a1b2c3d4e5f6071{letter}" for letter in "abc"},
    "cluster_group": "sg-0a1b2c3d4e5f60718",
    "zone": "Z0123456789ABC",
}
WEB, OFFICE = "sg-0123456789abcdef0", "10.8.0.0/16"


def attach(runner: Runner, there: dict[str, Any]) -> None:
    """Add existing resources and two clients to production's file, and render it."""
    file = runner.folder / "environments" / "prod" / "environment.yml"
    text = file.read_text()
    begin, end = text.index("network:\n"), text.index("broker:\n")
    subnets = "\n".join(
        f"      {zone}: {{id: {there['subnets'][zone]}, cidr: 10.40.{number}.0/24}}"
        for number, zone in enumerate(sorted(there["subnets"]))
    )
    network = (
        f"network:\n  cidr: 10.40.0.0/16\n  zones: 3\n  existing:\n    vpc_id: {there['vpc']}\n"
        f"    private_subnets:\n{subnets}\n  dns: {{zone: internal.example.com, zone_id: {there['zone']}}}\n\n"
    )
    clients = f"clients:\n  web: {{security_group: {WEB}, may: [publish]}}\n"
    clients += f"  office: {{cidrs: [{OFFICE}], may: [publish, watch]}}\n"
    file.write_text(text[:begin] + network + text[end:] + clients)
    services = f", service_cidr: {there['services']}" if "services" in there else ""
    set_line(file, "eks: ", f"eks: {{existing: {{name: company, security_group: {there['cluster_group']}}}{services}}}")
    set_line(file, "delivery:", "delivery:\n  existing_provider: true")
    with pytest.MonkeyPatch.context() as only_here:
        only_here.setenv("ENVIRONMENTS", str(runner.folder / "environments"))
        write(["prod"])


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The resources that a plan of such an environment creates."""
    runner = copied(tmp_path_factory.mktemp("existing"))
    attach(runner, THERE)
    saved = runner.folder / "plan.json"
    done = runner.run("plan", "prod", "--json", str(saved))
    assert done.returncode == 0, done.stdout
    changes: list[dict[str, Any]] = json.loads(saved.read_text())["resource_changes"]
    return [change for change in changes if change["change"]["actions"] == ["create"]]


def test_nothing_that_is_there_is_made_again(planned: list[dict[str, Any]]) -> None:
    made = Counter(change["type"] for change in planned)

    assert set(made) & NOT_OURS == set()
    assert made["aws_eks_pod_identity_association"] > 3


def test_what_is_made_is_made_there(planned: list[dict[str, Any]]) -> None:
    hosts = [change["change"]["after"] for change in planned if change["type"] == "aws_instance"]
    (record,) = (change["change"]["after"] for change in planned if change["type"] == "aws_route53_record")
    groups = [change["change"]["after"] for change in planned if change["type"] == "aws_security_group"]

    assert {host["subnet_id"] for host in hosts} == set(THERE["subnets"].values())
    assert (record["zone_id"], record["name"]) == (THERE["zone"], "celery-prod-rabbitmq.internal.example.com")
    assert {group["vpc_id"] for group in groups} == {THERE["vpc"]}


def test_clients_are_let_in_where_they_may(planned: list[dict[str, Any]]) -> None:
    rules = [
        (change["address"].partition(".aws_")[0], change["change"]["after"])
        for change in planned
        if change["type"] == "aws_vpc_security_group_ingress_rule"
    ]

    def ports(attribute: str, source: str) -> list[tuple[str, int]]:
        return sorted({(module, rule["from_port"]) for module, rule in rules if rule.get(attribute) == source})

    assert ports("referenced_security_group_id", WEB) == [("module.rabbitmq_hosts[0]", 5671), ("module.results", 6379)]
    assert ports("cidr_ipv4", OFFICE) == [
        ("module.rabbitmq_hosts[0]", 5671),
        ("module.rabbitmq_hosts[0]", 15671),
        ("module.rabbitmq_hosts[0]", 15692),
        ("module.results", 6379),
        ("module.worker_hosts", 9540),
    ]


@pytest.fixture
def company(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An account with an existing network, zone, cluster and OIDC provider."""
    with emulator(runner.variables, runner.folder, free_port()) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(runner.folder / "account.pem"))
        for key, value in KEYS.items():
            monkeypatch.setenv({"region_name": "AWS_DEFAULT_REGION"}.get(key, key.upper()), value)
        yield _made_by_the_company()


@pytest.mark.slow
def test_an_account_that_has_it_all_is_taken(
    runner: Runner, company: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from runner.account import Account
    from runner.existing import check_existing

    attach(runner, company)
    monkeypatch.setenv("ENVIRONMENTS", str(runner.folder / "environments"))

    check_existing(load("prod"), Account(ACCOUNT, None))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vpc": "vpc-00000000"}, "vpc-00000000"),
        ({"zone": "Z0000000"}, "Z0000000"),
        ({"cluster_group": "sg-00000000"}, "cluster company has clusterSecurityGroupId"),
        ({"swap": True}, "has AvailabilityZone eu-west-1b, not eu-west-1a"),
        ({"provider": False}, "has no OpenID Connect provider token.actions.githubusercontent.com"),
        ({"agent": False}, "has no add-on eks-pod-identity-agent"),
        ({"services": "10.100.0.0/16"}, "has its services in 172.20.0.0/16, not in eks.service_cidr 10.100.0.0/16"),
        ({"dns": ["AmazonProvidedDNS", "10.40.0.2", "10.9.0.53"]}, "use the DNS servers 10.9.0.53 (its DHCP options)"),
    ],
)
def test_an_account_that_differs_is_refused_with_what_differs(
    runner: Runner, company: dict[str, Any], monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], message: str
) -> None:
    from runner.account import Account
    from runner.errors import RunError
    from runner.existing import check_existing

    if change.pop("swap", False):
        a, b, c = sorted(company["subnets"])
        there = company["subnets"]
        change["subnets"] = {a: there[b], b: there[a], c: there[c]}
    if servers := change.pop("dns", None):
        _asks(company["vpc"], servers)
    if change.get("provider") is False:
        boto3.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=company["provider"])
    if change.get("agent") is False:
        boto3.client("eks").delete_addon(clusterName="company", addonName="eks-pod-identity-agent")
    attach(runner, company | change)
    monkeypatch.setenv("ENVIRONMENTS", str(runner.folder / "environments"))

    with pytest.raises(RunError) as refused:
        check_existing(load("prod"), Account(ACCOUNT, None))

    assert message in str(refused.value)


def _asks(vpc: str, servers: list[str]) -> None:
    """Set these DNS servers in the VPC's DHCP options."""
    ec2 = boto3.client("ec2")
    asked = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name-servers", "Values": servers}])
    ec2.associate_dhcp_options(VpcId=vpc, DhcpOptionsId=asked["DhcpOptions"]["DhcpOptionsId"])


def _made_by_the_company() -> dict[str, Any]:
    ec2, eks, iam = boto3.client("ec2"), boto3.client("eks"), boto3.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    subnets = {}
    for number, zone in enumerate(sorted(THERE["subnets"])):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.40.{number}.0/24", AvailabilityZone=zone)
        subnets[zone] = made["Subnet"]["SubnetId"]
    zone = boto3.client("route53").create_hosted_zone(
        Name="internal.example.com",
        CallerReference="company",
        VPC={"VPCRegion": "eu-west-1", "VPCId": vpc},
        HostedZoneConfig={"PrivateZone": True},
    )
    role = iam.create_role(RoleName="company", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    cluster = eks.create_cluster(
        name="company",
        roleArn=role,
        resourcesVpcConfig={"subnetIds": list(subnets.values())},
        # As AWS chooses in a VPC with such addresses.
        kubernetesNetworkConfig={"serviceIpv4Cidr": "172.20.0.0/16"},
    )["cluster"]
    eks.create_addon(clusterName="company", addonName="eks-pod-identity-agent")
    provider = iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )
    return {
        "vpc": vpc,
        "subnets": subnets,
        "zone": zone["HostedZone"]["Id"].rpartition("/")[2],
        "cluster_group": cluster["resourcesVpcConfig"]["clusterSecurityGroupId"],
        "provider": provider["OpenIDConnectProviderArn"],
    }
