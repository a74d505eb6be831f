"""Each role may do what it must under its permissions boundary, and a workload no more than that."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.terraform.planned_roles import (
    ACCOUNT,
    KEY,
    REGION,
    Role,
    decision,
    managed_policies,
    production_on_sqs,
    within,
)

pytestmark = pytest.mark.terraform

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
# What managed policies allow and the boundary does not, with the reason why no one misses it.
NOT_NEEDED = {
    "autoscaling:*": "of the former cloud provider in Kubernetes; node groups scale with EKS's own service-linked role",
    "cognito-idp:*": "logins at an Ingress's load balancer; the chart has no Ingress",
    "shield:*": "the protection of an Ingress's load balancer",
    "wafv2:*": "the firewall of an Ingress's load balancer",
}


def test_the_boundary_allows_what_managed_policies_allow(roles: dict[str, Role]) -> None:
    assert {"eks-cluster", "groups-eks-node", "worker-cpu", "worker-io", "ci-apply"} <= roles.keys()
    assert list(_cut_by_the_boundary(roles)) == []


def test_each_workload_reads_its_own_secrets_and_no_others(roles: dict[str, Role]) -> None:
    resolved = production_on_sqs()
    found = {
        name: sorted(label for label in resolved["secrets"] if _reads(roles[name], resolved["secrets"][label]))
        for name in resolved["workloads"]
    }

    assert found == {name: sorted(workload["secrets"]) for name, workload in resolved["workloads"].items()}
    assert any(found.values())


def test_a_workload_decrypts_through_secrets_manager_only(roles: dict[str, Role]) -> None:
    through = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}

    assert decision(roles["worker-io"], "kms:Decrypt", KEY, **through) == "Allow"
    assert decision(roles["worker-io"], "kms:Decrypt", KEY) == "ImplicitDeny"


@pytest.mark.parametrize(
    ("role", "action", "resource"),
    [
        ("worker-cpu", "ssmmessages:OpenControlChannel", "*"),  # Session Manager
        ("monitoring", "ssm:UpdateInstanceInformation", "*"),
        ("monitoring", "ec2:DescribeInstances", "*"),
        ("eks-node", "ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/celery-prod/app"),
        ("eks-node", "eks-auth:AssumeRoleForPodIdentity", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/celery-prod"),
    ],
)
def test_a_role_may_do_what_its_service_needs(roles: dict[str, Role], role: str, action: str, resource: str) -> None:
    assert decision(roles[role], action, resource) == "Allow"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ec2:TerminateInstances", "*"),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/any"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-worker-io"),
        ("s3:GetObject", f"arn:aws:s3:::celery-prod-terraform-state-{ACCOUNT}/terraform.tfstate"),
        ("s3:PutObject", f"arn:aws:s3:::celery-prod-transfer-{ACCOUNT}/any"),
        ("secretsmanager:PutSecretValue", f"{SECRET}:celery-prod/broker-password-AbCdEf"),
        ("sqs:DeleteQueue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:celery-prod-quick"),
        ("ssm:SendCommand", "*"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-ci-apply"),
    ],
)
def test_no_workload_may(roles: dict[str, Role], action: str, resource: str) -> None:
    workloads = production_on_sqs()["workloads"]

    assert [name for name in workloads if decision(roles[name], action, resource) == "Allow"] == []


def test_hosts_ship_their_journals_and_read_none(roles: dict[str, Role]) -> None:
    resolved = production_on_sqs()
    stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{resolved['logs']['host_group']}:log-stream:any"
    on_hosts = {name for name, workload in resolved["workloads"].items() if workload["on"] == "hosts"}

    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert {name for name in resolved["workloads"] if decision(roles[name], action, stream) == "Allow"} == on_hosts
    assert "Allow" not in {decision(roles[name], "logs:GetLogEvents", stream) for name in on_hosts}


def test_each_role_is_assumed_by_what_it_is_for_and_nobody_else(roles: dict[str, Role]) -> None:
    account = f"arn:aws:iam::{ACCOUNT}:root"
    expected = {"hosts": "ec2.amazonaws.com", "pods": "pods.eks.amazonaws.com", "people": account}
    found = {name: sorted(_trusted(role)) for name, role in roles.items()}
    workloads = production_on_sqs()["workloads"]

    assert {name: found[name] for name in workloads} == {name: [expected[one["on"]]] for name, one in workloads.items()}
    assert found["eks-cluster"] == ["eks.amazonaws.com"]
    assert found["eks-node"] == ["ec2.amazonaws.com"]
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    assert found["ci-plan"] == found["ci-apply"] == [provider]


def _reads(role: Role, secret: str) -> bool:
    return decision(role, "secretsmanager:GetSecretValue", f"{SECRET}:{secret}-AbCdEf") == "Allow"


def _trusted(role: Role) -> Iterator[str]:
    for statement in role.trust["Statement"]:
        for principals in statement["Principal"].values():
            yield from _listed(principals)


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
