"""Each role may do what it must under its permissions boundary, and the pipeline no more than that."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind

from tests.harness import servers
from tests.harness.environment import PROD, described
from tests.terraform.planned_roles import ACCOUNT, Role, managed_policies, planned_roles, within

pytestmark = pytest.mark.terraform

# What managed policies allow and the boundary does not, with the reason why no one misses it.
NOT_NEEDED = {
    "autoscaling:*": "of the former cloud provider in Kubernetes; node groups scale with EKS's own service-linked role",
    "cognito-idp:*": "logins at an Ingress's load balancer; the chart has no Ingress",
    "shield:*": "the protection of an Ingress's load balancer",
    "wafv2:*": "the firewall of an Ingress's load balancer",
}


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Role]:
    """The roles of production on SQS, which has every kind of workload."""
    env = described(PROD)
    resolved = resolve(env.model_copy(update={"broker": env.broker.model_copy(update={"kind": BrokerKind.SQS})}))
    folder = tmp_path_factory.mktemp("roles")
    with servers.aws(folder) as endpoint:
        return planned_roles(resolved, folder, endpoint)


def test_the_boundary_allows_what_managed_policies_allow(roles: dict[str, Role]) -> None:
    assert {"eks-cluster", "groups-eks-node", "worker-cpu", "worker-io", "ci-apply"} <= roles.keys()
    assert list(_cut_by_the_boundary(roles)) == []


def _cut_by_the_boundary(roles: dict[str, Role]) -> Iterator[str]:
    """What the managed policies of hosts and of EKS allow and the boundary does not."""
    for name, role in roles.items():
        assert role.boundary is not None
        for policy in role.policies.keys() & managed_policies().keys():
            if name.startswith("ci-"):
                continue  # these are cut on purpose
            for action, resource in _requests(managed_policies()[policy]):
                if not within(role.boundary, action, resource) and not _needless(action):
                    yield f"{name}: {action} on {resource} of {policy}"


def _requests(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """An action on a resource for each pair that a managed policy allows."""
    for statement in document["Statement"]:
        for action in _listed(statement["Action"]):
            for pattern in _listed(statement["Resource"]):
                yield action, _resource(action, pattern)


def _resource(action: str, pattern: str) -> str:
    """A resource that matches the pattern, which EKS would name."""
    if pattern == "*" and action == "iam:PassRole":
        return f"arn:aws:iam::{ACCOUNT}:role/celery-prod-eks-node"
    if pattern == "*" and action == "iam:CreateServiceLinkedRole":
        return f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/elasticloadbalancing.amazonaws.com/any"
    return pattern.replace("arn:aws:iam::*:", f"arn:aws:iam::{ACCOUNT}:").replace("*", "-any")


def _needless(action: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in NOT_NEEDED)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
