"""The IAM roles of an environment, as a plan has them, and what their policies decide.

A plan of the whole environment does not know a policy that names a resource which the apply creates, such as the key.
So this plans the modules with roles alone, and gives them the ARNs of what exists by then.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from celery_platform.environment import resolve
from celery_platform.environment.derived.eks import ADDONS
from celery_platform.environment.model import BrokerKind
from ministack.core import iam_evaluator
from runner.tools import terraform_variables

from tests.harness.environment import PROD, described

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "000000000000", "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
Document = dict[str, Any]


@dataclass(frozen=True)
class Role:
    """A role: who may assume it, its policies by their names, and its permissions boundary."""

    trust: Document
    policies: dict[str, Document]
    boundary: Document | None


def decision(role: Role, action: str, resource: str, **context: Any) -> str:
    """What the role's policies and boundary decide on a request: Allow, Deny or ImplicitDeny.

    `context` has the condition keys of the request. The emulated account's own evaluator decides; it knows no
    `${...}` in policies, and so refuses what a statement with one would allow.

    Example: `decision(role, "s3:GetObject", "arn:aws:s3:::bucket/key") == "Allow"`
    """
    limits = [] if role.boundary is None else [[_parsed(role.boundary)]]
    return _decision([_parsed(each) for each in role.policies.values()], limits, action, resource, context)


def within(document: Document, action: str, resource: str, **context: Any) -> bool:
    """Whether a document, such as a boundary, allows a request."""
    return _decision([_parsed(document)], [], action, resource, context) == "Allow"


def _decision(policies: list[Any], limits: list[Any], action: str, resource: str, context: dict[str, Any]) -> str:
    request = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/any/session",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=REGION,
        service_context={key.lower(): value for key, value in context.items()},
    )
    return str(iam_evaluator.evaluate(request, policies, *limits).decision)


def _parsed(document: Document) -> Any:
    return iam_evaluator.parse_policy_document(document)


@cache
def managed_policies() -> dict[str, Document]:
    """AWS's managed policies that this configuration attaches, as of the date in the file."""
    data = json.loads((Path(__file__).parent / "managed_policies.json").read_text())
    return dict(data["policies"])


def production_on_sqs() -> Document:
    """The derived values of production, with SQS as its broker."""
    env = described(PROD)
    return resolve(env.model_copy(update={"broker": env.broker.model_copy(update={"kind": BrokerKind.SQS})}))


def planned_roles(resolved: dict[str, Any], folder: Path, endpoint: str) -> dict[str, Role]:
    """The roles of the modules delivery, identity and eks by the part of their names after the prefix.

    Those of a second cluster, whose nodes are in node groups, begin with `groups-`.
    """
    (folder / "main.tf.json").write_text(json.dumps(_configuration(resolved)))
    keys = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulated"}
    variables = terraform_variables(folder, os.environ) | keys

    def terraform(*arguments: str) -> str:
        command = ["terraform", *arguments]
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    terraform("init")
    terraform("plan", "-out=plan")
    planned = [
        resource["change"]["after"]
        | {"type": resource["type"], "resource": resource["name"], "index": resource.get("index")}
        for resource in json.loads(terraform("show", "-json", "plan"))["resource_changes"]
        if resource["type"].startswith("aws_iam_")
    ]
    return _roles(planned, resolved["prefix"])


def _roles(planned: list[dict[str, Any]], prefix: str) -> dict[str, Role]:
    own = {one["name"]: json.loads(one["policy"]) for one in planned if one["type"] == "aws_iam_policy"}
    boundary = own[f"{prefix}-boundary"]
    found = {
        one["name"].removeprefix(f"{prefix}-"): Role(json.loads(one["assume_role_policy"]), {}, boundary)
        for one in planned
        if one["type"] == "aws_iam_role"
    }
    for one in planned:
        if one["type"] == "aws_iam_role_policy_attachment":
            # The ARN of a policy that is created here is known after the apply; its instance has the policy's name.
            name = str(one.get("policy_arn") or f"{prefix}-{one['index']}").rsplit("/", 1)[-1]
            document = own.get(name) or managed_policies()[name]
            found[one["role"].removeprefix(f"{prefix}-")].policies[name] = document
        elif one["type"] == "aws_iam_role_policy":
            # So is the role's id. The instance, or the resource of the pipeline's two, is called like the role.
            role = one["index"] or f"ci-{one['resource']}"
            found[role].policies[one["name"]] = json.loads(one["policy"])
    return found


def _configuration(resolved: dict[str, Any]) -> dict[str, Any]:
    """The calls of the modules as in terraform/identity.tf and workers.tf, with the ARN of a key that exists."""
    prefix, delivery, eks = resolved["prefix"], resolved["delivery"], resolved["eks"]
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/{prefix}-boundary"
    of_label = {label: [queue["name"]] for label, queue in resolved["queues"].items()}
    dead = {f"{label}-dlq": [queue["dead_letter_name"]] for label, queue in resolved["queues"].items()}
    return {
        "terraform": {"required_version": ">= 1.11"},
        "provider": {"aws": {"region": REGION}},
        "module": {
            "delivery": {
                "source": str(ROOT / "terraform/modules/delivery"),
                "name": prefix,
                "issuer": delivery["issuer"],
                "audience": delivery["audience"],
                "subjects": {"plan": delivery["plan"], "apply": delivery["apply"]},
                "existing_provider": True,
                "extra_services": delivery["services"],
                "discovery_prefix": resolved["discovery_prefix"],
            },
            "identity": {
                "source": str(ROOT / "terraform/modules/identity"),
                "name": prefix,
                "workloads": resolved["workloads"],
                "secrets": resolved["secrets"],
                "buckets": {label: f"{name}-{ACCOUNT}" for label, name in resolved["buckets"].items()},
                "key_arn": KEY,
                "cluster": eks["name"],
                "discovery_prefix": resolved["discovery_prefix"],
                "log_group": resolved["logs"]["host_group"],
                "permissions_boundary": boundary,
                "queues": of_label | dead | resolved["queue_patterns"],
            },
            "auto": _cluster(resolved, "", compute="auto", addons={}),
            "groups": _cluster(resolved, "-groups", compute="node_groups", addons=ADDONS[eks["version"]]),
        },
    }


def _cluster(resolved: dict[str, Any], suffix: str, **compute: Any) -> dict[str, Any]:
    prefix, eks = resolved["prefix"], resolved["eks"]
    return compute | {
        "source": str(ROOT / "terraform/modules/eks"),
        "name": f"{prefix}{suffix}",
        "kubernetes_version": eks["version"],
        "service_cidr": eks["service_cidr"],
        "pools": {name: pool for name, pool in resolved["pools"].items() if pool["runs_on"] == "eks"},
        "subnet_ids": {zone: f"subnet-{number}" for number, zone in enumerate(resolved["network"]["zones"])},
        "key_arn": KEY,
        "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/{prefix}-boundary",
    }
