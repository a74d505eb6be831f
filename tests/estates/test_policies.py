"""The policies that Terraform writes for an estate are as long as the environment model measures, and within quotas."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from celery_platform.environment.derived.policies import Policies
from celery_platform.environment.quotas import INLINE_POLICIES, MANAGED_POLICIES, MANAGED_POLICY

from tests.estates.conftest import ROOT, Estate

pytestmark = pytest.mark.terraform

# Terraform writes a list of one element without brackets.
SHORTER = 100
CONFIGURATION = """
provider "aws" {{ region = local.env.region }}

locals {{
  env = jsondecode(file({resolved}))
}}

module "identity" {{
  source = {module}

  name             = local.env.prefix
  workloads        = local.env.workloads
  secrets          = local.env.secrets
  buckets          = {{ for label, name in local.env.buckets : label => "${{name}}-{account}" }}
  key_arn          = "arn:aws:kms:eu-west-1:{account}:key/12345678-1234-1234-1234-123456789012"
  cluster          = local.env.eks.name
  discovery_prefix = local.env.discovery_prefix
  log_group        = local.env.logs.host_group

  queues = merge(
    {{ for label, queue in local.env.queues : label => [queue.name] }},
    {{ for label, queue in local.env.queues : "${{label}}-dlq" => [queue.dead_letter_name] }},
    local.env.queue_patterns,
  )
}}
"""


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """The number of an empty emulated account, to which this process connects."""
    from runner.throwaway import throwaway

    with patch.dict(os.environ), throwaway("eu-west-1"):
        yield "0" * 12


@pytest.fixture(scope="module")
def planned(estate: Estate, account: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The planned resources of the module identity for this estate, by address."""
    from runner.tools import terraform_variables

    folder = tmp_path_factory.mktemp(estate.shape.name)
    variables = terraform_variables(folder, os.environ)
    text = CONFIGURATION.format(
        resolved=json.dumps(str(estate.folder / "resolved.json")),
        module=json.dumps(str(ROOT / "terraform" / "modules" / "identity")),
        account=account,
    )
    (folder / "main.tf").write_text(text)
    for arguments in (["init"], ["plan", "-out=plan"]):
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    shown = subprocess.run(
        ["terraform", "show", "-json", "plan"], cwd=folder, env=variables, capture_output=True, check=True
    )
    changes = json.loads(shown.stdout)["resource_changes"]
    return {change["address"].removeprefix("module.identity."): change["change"]["after"] for change in changes}


def test_every_policy_is_as_long_as_measured_and_within_its_quota(estate: Estate, planned: dict[str, Any]) -> None:
    policies = Policies(estate.environment, estate.resolved["prefix"])
    wrong = []
    for name, workload in estate.resolved["workloads"].items():
        inline = [_length(planned, f'aws_iam_role_policy.{kind}["{name}"]') for kind in ("this", "own")]
        parts = range(1, len(workload["drains"]))
        managed = [_length(planned, f'aws_iam_policy.queues["{name}-queues-{number}"]') for number in parts]
        attached = len(managed) + (workload["on"] == "hosts")
        measured = [policies.inline(workload), *policies.managed(workload)]
        within = sum(inline) <= INLINE_POLICIES.most and all(length <= MANAGED_POLICY.most for length in managed)
        if not within or attached > MANAGED_POLICIES.most:
            wrong.append(f"{name}: {inline} and {managed} characters, {attached} managed policies")
        pairs = zip(measured, [sum(inline), *managed], strict=True)
        wrong.extend(f"{name}: measured {mine}, is {real}" for mine, real in pairs if not 0 <= mine - real < SHORTER)

    assert wrong == []


def _length(planned: dict[str, Any], address: str) -> int:
    """The characters of a policy without whitespace, which IAM does not count; 0 if there is none."""
    policy = planned.get(address)
    return len(json.dumps(json.loads(policy["policy"]), separators=(",", ":"))) if policy else 0
