"""The cluster of the pools on EKS: its name, namespace and add-ons."""

from ipaddress import IPv4Network

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.machines import shared_node_selector
from celery_platform.environment.model import Environment

# The supported Kubernetes versions and the add-ons that AWS builds for each. Sources: the tables "kube-proxy versions",
# "CoreDNS" and "VPC CNI" of docs.aws.amazon.com/eks/latest/userguide; eks-pod-identity-agent is the same for all. To
# find newer builds: `aws eks describe-addon-versions --kubernetes-version 1.35`. A node needs the first two to become
# Ready.
ADDONS = {
    "1.34": {
        "vpc-cni": "v1.21.1-eksbuild.1",
        "kube-proxy": "v1.34.1-eksbuild.2",
        "coredns": "v1.12.4-eksbuild.1",
        "eks-pod-identity-agent": "v1.3.10-eksbuild.1",
    },
    "1.35": {
        "vpc-cni": "v1.21.1-eksbuild.3",
        "kube-proxy": "v1.35.0-eksbuild.2",
        "coredns": "v1.13.2-eksbuild.1",
        "eks-pod-identity-agent": "v1.3.10-eksbuild.2",
    },
}
NAMESPACE = "celery"
# The ranges from which EKS chooses if it is given none. How it chooses is not documented (EKS API,
# KubernetesNetworkConfigRequest; awsdocs/amazon-eks-user-guide#974). Nodes guessed it like this and were wrong at times
# (awslabs/amazon-eks-ami, bootstrap.sh, #78 and #2263), so Terraform compares the cluster's range with this one.
SERVICES = IPv4Network("10.100.0.0/16")
SERVICES_BESIDE_TEN = IPv4Network("172.20.0.0/16")
TEN = IPv4Network("10.0.0.0/8")
# The address of the cluster's DNS in that range (awslabs/amazon-eks-ami, nodeadm: the tenth).
DNS_OFFSET = 10


def service_cidr(env: Environment) -> IPv4Network:
    """The address range of the cluster's services.

    Example: `service_cidr(load("prod")) == IPv4Network("172.20.0.0/16")`, because the VPC is in 10.0.0.0/8
    """
    chosen = SERVICES_BESIDE_TEN if env.network.cidr.overlaps(TEN) else SERVICES
    return env.eks.service_cidr or chosen


def eks(env: Environment, prefix: str) -> Json:
    """The section `eks`. Auto Mode includes the add-ons; those of an existing cluster belong to its owner."""
    cluster = env.eks.model_dump(mode="json")
    return {
        "enabled": any(pool.runs_on == "eks" for pool in env.pools.values()),
        "name": prefix if env.eks.existing is None else env.eks.existing.name,
        "namespace": NAMESPACE,
        **cluster,
        "service_cidr": str(service_cidr(env)),
        "dns_address": str(service_cidr(env).network_address + DNS_OFFSET),
        "node_selector": shared_node_selector(env),
        "addons": {} if env.eks.compute == "auto" or env.eks.existing is not None else ADDONS[env.eks.version],
    }
