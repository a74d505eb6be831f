"""Rules about the cluster of the pools on EKS."""

from collections.abc import Iterator

from celery_platform.environment.derived.eks import ADDONS
from celery_platform.environment.derived.machines import architectures_on_eks
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def version_has_its_addons(env: Environment) -> Iterator[Problem]:
    """Add-on versions are pinned for each Kubernetes version; unpinned, an apply upgrades them when nobody looks."""
    if env.eks.version not in ADDONS:
        yield Problem("eks.version", env.eks.version, f"one of: {', '.join(ADDONS)}; others need pinned add-ons first")


def public_access_is_not_for_everyone(env: Environment) -> Iterator[Problem]:
    """An API open to every address is one stolen token away from being somebody else's cluster."""
    for cidr in env.eks.public_access_cidrs:
        if cidr.prefixlen < 16:
            yield Problem("eks.public_access_cidrs", str(cidr), "addresses of your own: a prefix of /16 or longer")


def release_command_has_a_node(env: Environment) -> Iterator[Problem]:
    """The release command runs before an install makes anything else, the node pools of Auto Mode included.

    Until then there is only the built-in one, whose machines are amd64 (EKS guide, "Enable or disable built-in
    NodePools"). Node groups are Terraform's, and there before.
    """
    auto = env.eks.compute == "auto" and env.eks.existing is None
    if auto and env.application.release and architectures_on_eks(env) == {"arm64"}:
        found = "auto, with arm64 pools alone on EKS and an application.release"
        allowed = "node_groups: no arm64 node is there yet for the first run of the release command"
        yield Problem("eks.compute", found, allowed)


RULES = (version_has_its_addons, public_access_is_not_for_everyone, release_command_has_a_node)
