"""Rules about the cluster of the pools on EKS."""

from collections.abc import Iterator

from celery_platform.environment.derived.eks import ADDONS
from celery_platform.environment.derived.machines import architectures_on_eks
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def version_has_its_addons(env: Environment) -> Iterator[Problem]:
    """Add-on versions are pinned for each Kubernetes version; otherwise, an apply could upgrade them unnoticed."""
    if env.eks.version not in ADDONS:
        yield Problem(
            "eks.version", env.eks.version, f"one of: {', '.join(ADDONS)}; other versions need pinned add-ons first"
        )


def public_access_is_not_for_everyone(env: Environment) -> Iterator[Problem]:
    """If every address reaches the API, a stolen token is enough to take over the cluster."""
    for cidr in env.eks.public_access_cidrs:
        if cidr.prefixlen < 16:
            yield Problem("eks.public_access_cidrs", str(cidr), "addresses of your own: a prefix of /16 or longer")


def release_command_has_a_node(env: Environment) -> Iterator[Problem]:
    """The release command runs before an install creates anything else, including the node pools of Auto Mode.

    Until then there is only the built-in node pool, whose machines are amd64 (EKS guide, "Enable or disable built-in
    NodePools"). Node groups already exist then, because Terraform creates them.
    """
    auto = env.eks.compute == "auto" and env.eks.existing is None
    if auto and env.application.release and architectures_on_eks(env) == {"arm64"}:
        found = "auto, with only arm64 pools on EKS and an application.release"
        allowed = "node_groups: otherwise no arm64 node exists when the release command first runs"
        yield Problem("eks.compute", found, allowed)


RULES = (version_has_its_addons, public_access_is_not_for_everyone, release_command_has_a_node)
