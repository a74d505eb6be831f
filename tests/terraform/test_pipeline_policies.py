"""The pipeline's two roles may do what a plan and an apply need, and no more than that."""

import pytest

from tests.terraform.planned_roles import ACCOUNT, REGION, Role, decision, managed_policies

pytestmark = pytest.mark.terraform

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/celery-prod-boundary"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
PIPELINE = f"arn:aws:iam::{ACCOUNT}:role/celery-prod-ci-apply"


@pytest.mark.parametrize("action", ["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy"])
def test_the_pipeline_changes_every_role_but_its_own(roles: dict[str, Role], action: str) -> None:
    bounded = {"iam:PermissionsBoundary": BOUNDARY}

    def decided(role: str) -> str:
        return decision(roles["ci-apply"], action, f"arn:aws:iam::{ACCOUNT}:role/celery-prod-{role}", **bounded)

    assert decided("worker-io") == "Allow"
    assert (decided("ci-apply"), decided("ci-plan")) == ("Deny", "Deny")


def test_the_pipeline_creates_no_role_without_the_boundary(roles: dict[str, Role]) -> None:
    request = ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-other")
    boundary = {"iam:PermissionsBoundary": BOUNDARY}

    assert decision(roles["ci-apply"], *request, **boundary) == "Allow"
    assert decision(roles["ci-apply"], *request) == "Deny"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:AddClientIDToOpenIDConnectProvider", PROVIDER),
        ("iam:DeleteOpenIDConnectProvider", PROVIDER),
        ("iam:UpdateOpenIDConnectProviderThumbprint", PROVIDER),
        ("iam:CreatePolicyVersion", BOUNDARY),
        ("iam:DeletePolicy", BOUNDARY),
        ("iam:SetDefaultPolicyVersion", BOUNDARY),
        ("iam:TagPolicy", BOUNDARY),
        ("iam:UpdateAssumeRolePolicy", PIPELINE),
        ("iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-other"),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/any"),
    ],
)
def test_no_role_changes_what_bounds_it(roles: dict[str, Role], action: str, resource: str) -> None:
    """Neither ci-apply nor a role that it makes and gives every right to."""
    assert decision(roles["ci-apply"], action, resource) != "Allow"
    assert decision(_made_by_the_pipeline(roles), action, resource) != "Allow"


@pytest.mark.parametrize(
    ("action", "resource"), [("iam:GetOpenIDConnectProvider", PROVIDER), ("iam:GetPolicy", BOUNDARY)]
)
def test_the_pipeline_reads_what_bounds_it(roles: dict[str, Role], action: str, resource: str) -> None:
    assert decision(roles["ci-plan"], action, resource) == "Allow"
    assert decision(roles["ci-apply"], action, resource) == "Allow"


def test_a_role_that_the_pipeline_makes_may_do_all_that_the_boundary_allows(roles: dict[str, Role]) -> None:
    """As DECISIONS.md says, and also what the pipeline's own policies leave out."""
    assert (
        decision(_made_by_the_pipeline(roles), "iam:UntagRole", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-other")
        == "Allow"
    )
    assert decision(_made_by_the_pipeline(roles), "secretsmanager:GetSecretValue", f"{SECRET}:any") == "Allow"


def _made_by_the_pipeline(roles: dict[str, Role]) -> Role:
    every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return Role(roles["ci-apply"].trust, {"every": every}, roles["ci-apply"].boundary)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ec2:DescribeInstances", "*"),
        ("eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/celery-prod"),
        ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-worker-io"),
        ("s3:GetObject", f"arn:aws:s3:::celery-prod-terraform-state-{ACCOUNT}/terraform.tfstate"),
        ("s3:PutObject", f"arn:aws:s3:::celery-prod-terraform-state-{ACCOUNT}/terraform.tfstate.tflock"),
        ("secretsmanager:DescribeSecret", f"{SECRET}:celery-prod/broker-password-AbCdEf"),
        ("secretsmanager:GetRandomPassword", "*"),
        ("servicequotas:GetServiceQuota", f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:vpc/L-0EA8095F"),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/celery/prod/broker_url"),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}::parameter/aws/service/debian/release/13/latest/amd64"),
    ],
)
def test_the_pipeline_may_read_what_a_plan_needs(roles: dict[str, Role], action: str, resource: str) -> None:
    assert decision(roles["ci-plan"], action, resource) == "Allow"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/any"),
        ("ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/any"),
        ("lambda:GetFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any"),
        ("logs:GetLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:any:log-stream:any"),
        ("s3:GetObject", f"arn:aws:s3:::celery-prod-files-{ACCOUNT}/any"),
        ("s3:PutObject", f"arn:aws:s3:::celery-prod-terraform-state-{ACCOUNT}/terraform.tfstate"),
        ("secretsmanager:BatchGetSecretValue", f"{SECRET}:celery-prod/broker-password-AbCdEf"),
        ("secretsmanager:GetSecretValue", f"{SECRET}:celery-prod/broker-password-AbCdEf"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:celery-prod-quick"),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/other/password"),
        ("ssm:GetCommandInvocation", "*"),
        ("ssm:ListCommandInvocations", "*"),  # with the output
        ("ssm:ListCommands", "*"),  # with the parameters
        ("ssm:GetAutomationExecution", "*"),
        ("ssm:DescribeAutomationExecutions", "*"),
        ("ssm:DescribeAutomationStepExecutions", "*"),
        ("ssm:StartSession", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"),
        ("ec2:RunInstances", "*"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/celery-prod-worker-io"),
    ],
)
def test_a_plan_reads_no_data_and_changes_nothing(roles: dict[str, Role], action: str, resource: str) -> None:
    assert decision(roles["ci-plan"], action, resource) != "Allow"


def test_what_is_refused_of_a_plan_is_otherwise_allowed_to_it(roles: dict[str, Role]) -> None:
    """Without its denials a plan could read these, so the test above does not hold by itself."""
    plan = roles["ci-plan"]
    open_ = Role(plan.trust, {"ReadOnlyAccess": managed_policies()["ReadOnlyAccess"]}, plan.boundary)
    for action in ("logs:GetLogEvents", "ecr:BatchGetImage", "ssm:GetParameter", "ssm:ListCommands", "s3:GetObject"):
        assert decision(open_, action, f"arn:aws:any:{REGION}:{ACCOUNT}:any") == "Allow", action
