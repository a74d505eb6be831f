"""Rules about the cluster of the pools on EKS."""

from collections.abc import Iterator

from celery_platform.environment.derived.eks import ADDONS
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


RULES = (version_has_its_addons, public_access_is_not_for_everyone)
