"""The permissions of each role on an emulated account that enforces IAM are those that the environment implies."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.terraform.deployment import Deployment
from tests.terraform.implied_permissions import everything, implied

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def production(apply: Callable[[str, str], Deployment]) -> Deployment:
    """Production on SQS, which has every kind of workload, on hosts and in pods."""
    return apply("prod", "sqs")


def test_each_workload_may_do_what_the_environment_implies_and_nothing_else(production: Deployment) -> None:
    iam, wrong = production.client("iam"), []
    for name, workload in production.resolved["workloads"].items():
        needed = set(implied(production.resolved, workload))
        for action, resource in sorted(everything(production.resolved)):
            answer = iam.simulate_principal_policy(
                PolicySourceArn=f"arn:aws:iam::000000000000:role/celery-prod-{name}",
                ActionNames=[action],
                ResourceArns=[resource],
            )
            allowed = answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
            if allowed is not ((action, resource) in needed):
                wrong.append(f"{name}: {action} on {resource} is {'allowed' if allowed else 'refused'}")

    assert wrong == []


def test_a_role_reads_its_own_queue_and_not_anothers(production: Deployment) -> None:
    role = "arn:aws:iam::000000000000:role/celery-prod-dead-letters"
    keys = production.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    sqs = production.client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    own = production.client("sqs").get_queue_url(QueueName="celery-prod-quick-dlq")["QueueUrl"]
    other = production.client("sqs").get_queue_url(QueueName="celery-prod-quick")["QueueUrl"]

    assert "Messages" not in sqs.receive_message(QueueUrl=own, WaitTimeSeconds=0)
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.receive_message(QueueUrl=other, WaitTimeSeconds=0)


def test_each_role_is_taken_by_what_it_is_for(production: Deployment) -> None:
    hosts, pods = _trust(production, "worker-cpu"), _trust(production, "worker-io")

    assert hosts["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert pods["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert pods["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": "celery-prod",
        "aws:RequestTag/kubernetes-namespace": "celery",
        "aws:RequestTag/kubernetes-service-account": "worker-io",
    }


@pytest.mark.parametrize(
    ("role", "subject"),
    [("ci-plan", "repo:example/celery:pull_request"), ("ci-apply", "repo:example/celery:environment:prod")],
)
def test_the_pipeline_is_let_in_by_its_one_subject(production: Deployment, role: str, subject: str) -> None:
    conditions = _trust(production, role)["Condition"]["StringEquals"]

    assert conditions["token.actions.githubusercontent.com:sub"] == subject
    assert conditions["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"


def test_the_pipeline_plans_without_reading_a_secret_also_after_two_rotations(production: Deployment) -> None:
    secrets = production.client("secretsmanager")
    name = production.resolved["secrets"]["results_password"]
    for value in ("second", "third"):
        secrets.put_secret_value(SecretId=name, SecretString=value)

    with _in_the_pipeline(production, production.resolved["delivery"]["plan"]):
        planned = production.run("plan")

    assert planned.returncode == 0, planned.stdout
    assert "No changes." in planned.stdout
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "third"


def test_a_token_of_another_branch_gets_no_role(production: Deployment) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        _pipeline_keys(production, "repo:example/celery:ref:refs/heads/other")


@contextmanager
def _in_the_pipeline(production: Deployment, subject: str) -> Iterator[None]:
    """Let the environment's tools act as `ci-plan`, for a CI system's token with this subject."""
    keys = _pipeline_keys(production, subject)
    file = production.runner.folder / "environments" / "prod" / "aws" / "credentials"
    own = file.read_text()
    file.write_text(
        f"[default]\naws_access_key_id = {keys['AccessKeyId']}\n"
        f"aws_secret_access_key = {keys['SecretAccessKey']}\naws_session_token = {keys['SessionToken']}\n"
    )
    try:
        yield
    finally:
        file.write_text(own)


def _pipeline_keys(production: Deployment, subject: str) -> dict[str, str]:
    """Keys of `ci-plan`. The emulated account compares the token's claims with the role's trust, not its signature."""
    delivery = production.resolved["delivery"]
    claims = {"iss": f"https://{delivery['issuer']}", "aud": delivery["audience"], "sub": subject}
    parts: tuple[dict[str, str], ...] = ({"alg": "none"}, claims, {})
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    keys: dict[str, str] = production.client("sts").assume_role_with_web_identity(
        RoleArn="arn:aws:iam::000000000000:role/celery-prod-ci-plan", RoleSessionName="test", WebIdentityToken=token
    )["Credentials"]
    return keys


def test_no_statement_allows_any_action_on_any_resource(production: Deployment) -> None:
    broad = [
        f"{role}: {statement.get('Sid')}"
        for role, statement in _statements(production)
        if statement["Effect"] == "Allow"
        and any("*" in action for action in _listed(statement["Action"]))
        and "*" in _listed(statement.get("Resource", []))
    ]

    assert broad == []


def test_every_role_of_production_is_bounded(production: Deployment) -> None:
    iam = production.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("celery-prod-")]
    boundary = "arn:aws:iam::000000000000:policy/celery-prod-boundary"
    unbounded = [
        name
        for name in roles
        if iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") != boundary
    ]

    assert len(roles) > 10
    assert unbounded == []


def _trust(production: Deployment, role: str) -> dict[str, Any]:
    found = production.client("iam").get_role(RoleName=f"celery-prod-{role}")["Role"]["AssumeRolePolicyDocument"]
    statement: dict[str, Any] = _listed(found["Statement"])[0]
    return statement


def _statements(production: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    """The statements of all inline policies of roles. The boundary is not included, because it grants nothing."""
    iam = production.client("iam")
    for role in iam.list_roles()["Roles"]:
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            document = json.loads(document) if isinstance(document, str) else document
            for statement in _listed(document["Statement"]):
                yield role["RoleName"], statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
