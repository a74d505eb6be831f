"""Rules about the sizes of what Terraform and Helm create, which grow with an estate."""

from collections.abc import Iterator

from celery_platform.environment.derived.policies import Policies
from celery_platform.environment.derived.queues import with_high_priority_queues
from celery_platform.environment.derived.workloads import workloads
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.quotas import INLINE_POLICIES, MANAGED_POLICIES

WORKER = "worker-"


def roles_hold_their_policies(env: Environment) -> Iterator[Problem]:
    """IAM refuses a policy that is too long, and a role with too many, in the middle of an apply.

    Source: IAM guide, "IAM and AWS STS quotas".
    """
    env = with_high_priority_queues(env)
    prefix = f"celery-{env.name}"
    policies = Policies(env, prefix)
    for name, workload in workloads(env, prefix).items():
        pool = name.removeprefix(WORKER)
        path = f"pools.{pool}" if name.startswith(WORKER) else "queues"
        inline, managed = policies.inline(workload), len(workload["drains"][1:]) + (workload["on"] == "hosts")
        if inline > INLINE_POLICIES.most:
            yield Problem(path, f"{inline:,} characters of permissions of {name}", str(INLINE_POLICIES))
        if managed > MANAGED_POLICIES.most:
            count = sum(map(len, workload["drains"]))
            yield Problem(path, f"{count:,} queues, which need {managed} managed policies", str(MANAGED_POLICIES))


RULES = (roles_hold_their_policies,)
