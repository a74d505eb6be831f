"""Check that existing resources that an environment uses are in the account and match the environment file.

A plan takes the ids of a network, a cluster or a zone as given, so a wrong one would show up only during an apply.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import boto3
from botocore.exceptions import ClientError
from celery_platform.environment import Environment
from celery_platform.environment.derived.eks import service_cidr
from celery_platform.environment.model.existing import ExistingCluster, ExistingNetwork, ExistingZone

from runner.account import Account
from runner.errors import RunError

# Amazon's resolver, by its name in DHCP options and by its address in every VPC.
AMAZON_DNS = {"AmazonProvidedDNS", "169.254.169.253"}
AGENT = "eks-pod-identity-agent"


def check_existing(env: Environment, account: Account) -> None:
    """Check the account against the environment file.

    Raises:
        RunError: a resource is missing or differs from the file; the error lists all differences.
    """
    if differences := list(_differences(env, account)):
        remedy = f"correct {env.name}'s environment.yml and run `make render`, or correct the resources"
        raise RunError("existing resources to match the environment file", "; ".join(differences), remedy)


def _differences(env: Environment, account: Account) -> Iterator[str]:
    network = env.network
    if network.existing is not None:
        yield from _network(network.existing, str(network.cidr))
        if network.dns is not None:
            yield from _zone(network.dns, network.existing.vpc_id)
        if env.eks.existing is not None:
            yield from _cluster(env.eks.existing, network.existing.vpc_id, str(service_cidr(env)))
    if env.delivery is not None and env.delivery.existing_provider:
        yield from _provider(env.delivery.issuer, env.delivery.audience, account)


def _network(existing: ExistingNetwork, cidr: str) -> Iterator[str]:
    ec2 = boto3.client("ec2")
    ids = [subnet.id for subnet in existing.private_subnets.values()]
    try:
        vpc = ec2.describe_vpcs(VpcIds=[existing.vpc_id])["Vpcs"][0]
        subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets(SubnetIds=ids)["Subnets"]}
    except ClientError as error:
        yield _refusal(error)
        return
    ranges = [vpc["CidrBlock"], *(one["CidrBlock"] for one in vpc.get("CidrBlockAssociationSet", []))]
    if cidr not in ranges:
        yield f"{existing.vpc_id} has the CIDR blocks {', '.join(dict.fromkeys(ranges))}, not network.cidr {cidr}"
    own = AMAZON_DNS | {str(ip_network(each).network_address + 2) for each in ranges}
    if unnamed := sorted(_dns_servers(ec2, vpc) - own - {str(address) for address in existing.resolvers}):
        yield (
            f"machines in {existing.vpc_id} use the DNS servers {', '.join(unnamed)} (its DHCP options), "
            "but network.existing.resolvers does not list them, so hosts could not reach them"
        )
    for zone, wanted in existing.private_subnets.items():
        found = subnets[wanted.id]
        expected = {"VpcId": existing.vpc_id, "AvailabilityZone": zone, "CidrBlock": str(wanted.cidr)}
        for key, value in expected.items():
            if found[key] != value:
                yield f"{wanted.id} has {key} {found[key]}, not {value}"


def _dns_servers(ec2: Any, vpc: dict[str, Any]) -> set[str]:
    """The DNS servers in the VPC's DHCP options; empty if it has none (`default`)."""
    if vpc["DhcpOptionsId"] == "default":
        return set()
    (options, *_) = ec2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]])["DhcpOptions"] or [{}]
    configurations = options.get("DhcpConfigurations", [])
    return {value["Value"] for one in configurations if one["Key"] == "domain-name-servers" for value in one["Values"]}


def _zone(dns: ExistingZone, vpc_id: str) -> Iterator[str]:
    try:
        found = boto3.client("route53").get_hosted_zone(Id=dns.zone_id)
    except ClientError as error:
        yield _refusal(error)
        return
    name = found["HostedZone"]["Name"].rstrip(".")
    if name != dns.zone:
        yield f"zone {dns.zone_id} is {name}, not {dns.zone}"
    if vpc_id not in {vpc["VPCId"] for vpc in found.get("VPCs", [])}:
        yield f"zone {dns.zone_id} is not associated with {vpc_id}, so its names would not resolve there"


def _cluster(existing: ExistingCluster, vpc_id: str, services: str) -> Iterator[str]:
    eks = boto3.client("eks")
    try:
        cluster = eks.describe_cluster(name=existing.name)["cluster"]
        if not cluster.get("computeConfig", {}).get("enabled") and AGENT not in _addons(eks, existing.name):
            yield f"cluster {existing.name} has no add-on {AGENT}, so its pods would get no role"
    except ClientError as error:
        yield _refusal(error)
        return
    of_cluster = cluster["resourcesVpcConfig"]
    expected = {"vpcId": vpc_id, "clusterSecurityGroupId": existing.security_group}
    for key, value in expected.items():
        if of_cluster.get(key) != value:
            yield f"cluster {existing.name} has {key} {of_cluster.get(key)}, not {value}"
    found = cluster.get("kubernetesNetworkConfig", {}).get("serviceIpv4Cidr", services)
    if found != services:
        yield (
            f"cluster {existing.name} has its services in {found}, not in eks.service_cidr {services}, "
            "so network policies would cut its pods from DNS"
        )


def _addons(eks: Any, cluster: str) -> list[str]:
    addons: list[str] = eks.list_addons(clusterName=cluster)["addons"]
    return addons


def _provider(issuer: str, audience: str, account: Account) -> Iterator[str]:
    iam = boto3.client("iam")
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    arns = [one["Arn"] for one in listed if one["Arn"].endswith(f":oidc-provider/{issuer}")]
    if not arns:
        yield f"account {account.number} has no OpenID Connect provider {issuer}"
        return
    audiences = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arns[0])["ClientIDList"]
    if audience not in audiences:
        yield f"the provider {issuer} admits the audiences {', '.join(audiences)}, not {audience}"


def _refusal(error: ClientError) -> str:
    return str(error.response["Error"]["Message"])
