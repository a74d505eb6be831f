"""Rules about the sizes of what Terraform and Helm create, which grow with its queues and pools."""

import json
from collections.abc import Iterator

from celery_platform.environment.derived import security_rules
from celery_platform.environment.derived.buckets import buckets
from celery_platform.environment.derived.machines import has_own_nodes
from celery_platform.environment.derived.policies import ACCOUNT, Policies
from celery_platform.environment.derived.queues import with_high_priority_queues
from celery_platform.environment.derived.workloads import workloads
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.quotas import (
    CONFIG_MAP,
    INLINE_POLICIES,
    MANAGED_POLICIES,
    NODE_GROUPS,
    PARAMETER,
    SECURITY_GROUP_RULES,
)
from celery_platform.environment.resolve import resolve

# The section of a workload, by how its name begins.
OF = {"worker-": "pools", "process-": "processes"}
# The sections of resolved.json that the chart puts into the ConfigMap (app/chart/templates/_names.tpl).
CONFIGURATION = (
    "name", "prefix", "region", "application", "broker", "results", "pools", "queues", "schedule", "processes",
    "secrets", "worker_hosts", "discovery_prefix", "alerts", "budget", "timeline",
)  # fmt: skip
# The user and the certificate for KEDA, which are in the same ConfigMap, and its metadata.
BESIDE_CONFIGURATION_BYTES = 8_192


def roles_hold_their_policies(env: Environment) -> Iterator[Problem]:
    """A role has inline policies up to a length, and up to a number of managed ones.

    Refused by: IAM, PutRolePolicy and AttachRolePolicy, LimitExceeded (IAM guide, "IAM and AWS STS quotas").
    """
    env = with_high_priority_queues(env)
    prefix = env.own_prefix
    policies = Policies(env, prefix)
    most_managed = env.account.quotas.applied(MANAGED_POLICIES)
    for name, workload in workloads(env, prefix).items():
        path = next((f"{at}.{name.removeprefix(kind)}" for kind, at in OF.items() if name.startswith(kind)), "queues")
        inline, managed = policies.inline(workload), len(workload["drains"][1:]) + (workload["on"] == "hosts")
        if inline > INLINE_POLICIES.most:
            yield Problem(path, f"{inline:,} characters of permissions of {name}", str(INLINE_POLICIES))
        if managed > most_managed.most:
            count = sum(map(len, workload["drains"]))
            yield Problem(path, f"{count:,} queues, which need {managed} managed policies", str(most_managed))


def config_map_holds_the_configuration(env: Environment) -> Iterator[Problem]:
    """The processes of all pods read one ConfigMap, which has a size.

    Refused by: Kubernetes, the API server (kubernetes.io, "ConfigMaps": "cannot exceed 1 MiB").
    """
    if not any(pool.runs_on == "eks" for pool in env.pools.values()):
        return
    resolved = resolve(env)
    configuration = json.dumps({name: resolved[name] for name in CONFIGURATION}, separators=(",", ":"))
    size = len(configuration.encode()) + BESIDE_CONFIGURATION_BYTES
    if size > CONFIG_MAP.most:
        found = f"{len(resolved['queues']):,} queues and {len(env.pools):,} pools, which make {size:,} bytes"
        yield Problem("queues", found, str(CONFIG_MAP))


def parameter_holds_the_buckets(env: Environment) -> Iterator[Problem]:
    """Terraform writes the names of all buckets to one SSM parameter.

    Refused by: Systems Manager, PutParameter, ValidationException (AWS General Reference, Systems Manager quotas).
    """
    names = {label: f"{name}-{ACCOUNT}" for label, name in buckets(env, env.own_prefix).items()}
    size = len(json.dumps(names, separators=(",", ":")))
    if size > PARAMETER.most:
        found = f"{len(names)} buckets, whose names make {size:,} characters"
        yield Problem("application.buckets", found, str(PARAMETER))


def groups_hold_their_rules(env: Environment) -> Iterator[Problem]:
    """A security group has rules up to a number, in each direction.

    Refused by: EC2, AuthorizeSecurityGroupIngress, RulesPerSecurityGroupLimitExceeded (VPC guide, "Amazon VPC quotas").
    """
    most = env.account.quotas.applied(SECURITY_GROUP_RULES)
    for group, count in security_rules.inbound(env).items():
        if count > most.most:
            yield Problem("clients", f"{count} inbound rules of {group}", str(most))
    for pool, count in security_rules.outbound(env).items():
        if count > most.most:
            yield Problem(f"pools.{pool}", f"{count} outbound rules of its hosts", str(most))


def cluster_holds_the_node_groups(env: Environment) -> Iterator[Problem]:
    """A cluster has managed node groups up to a number; one in Auto Mode has none.

    Refused by: EKS, CreateNodegroup, ResourceLimitExceededException (EKS guide, "Service quotas").
    """
    own = [name for name, pool in env.pools.items() if env.eks.compute == "node_groups" and has_own_nodes(env, pool)]
    most = env.account.quotas.applied(NODE_GROUPS)
    if len(own) > most.most:
        found = f"{len(own)} pools with a node group each"
        yield Problem("eks.compute", found, f"auto, or {most}")


RULES = (
    roles_hold_their_policies,
    config_map_holds_the_configuration,
    parameter_holds_the_buckets,
    groups_hold_their_rules,
    cluster_holds_the_node_groups,
)
