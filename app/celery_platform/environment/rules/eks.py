"""Rules about the cluster of the pools on EKS."""

import re
from collections.abc import Iterator

from celery_platform.environment.derived.eks import ADDONS
from celery_platform.environment.derived.machines import architectures_on_eks
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.words import found

# IAM guide, "IAM identifiers": a path may come before the role's name.
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}", re.ASCII)


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


def admins_are_roles(env: Environment) -> Iterator[Problem]:
    """An access entry is for an IAM role; people assume it, so that none of them has long-lived access.

    Refused by: Terraform's module eks, and EKS, CreateAccessEntry, InvalidParameterException (EKS API).
    """
    for arn in env.eks.admins:
        if not ROLE.fullmatch(arn):
            yield Problem("eks.admins", found(arn), "the ARN of a role: arn:aws:iam::111122223333:role/admin")


def release_command_has_a_node(env: Environment) -> Iterator[Problem]:
    """The release command runs before an install creates anything else, including the node pools of Auto Mode.

    Until then there is only the built-in node pool, whose machines are amd64 (EKS guide, "Enable or disable built-in
    NodePools"). Node groups already exist then, because Terraform creates them.
    """
    auto = env.eks.compute == "auto" and env.eks.existing is None
    if auto and env.application.release and architectures_on_eks(env) == {"arm64"}:
        both = "auto, with only arm64 pools on EKS and an application.release"
        allowed = "node_groups: otherwise no arm64 node exists when the release command first runs"
        yield Problem("eks.compute", both, allowed)


RULES = (version_has_its_addons, public_access_is_not_for_everyone, admins_are_roles, release_command_has_a_node)
