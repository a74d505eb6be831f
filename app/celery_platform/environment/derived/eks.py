"""The cluster of the pools on EKS: its name, namespace and add-ons."""

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


def eks(env: Environment, prefix: str) -> Json:
    """The section `eks`. Auto Mode includes the add-ons; those of an existing cluster belong to its owner."""
    cluster = env.eks.model_dump(mode="json")
    return {
        "enabled": any(pool.runs_on == "eks" for pool in env.pools.values()),
        "name": prefix if env.eks.existing is None else env.eks.existing.name,
        "namespace": NAMESPACE,
        **cluster,
        "node_selector": shared_node_selector(env),
        "addons": {} if env.eks.compute == "auto" or env.eks.existing is not None else ADDONS[env.eks.version],
    }
