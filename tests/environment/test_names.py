"""The longest names that a file may have lead to names that AWS's own service models and Kubernetes take."""

import re
from functools import cache
from typing import Any

import botocore.loaders
from celery_platform.environment import resolve
from celery_platform.environment.load import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from .broken import FILE, GOOD

# The shape of each name in botocore's models, and the longest that the documents say where the model says none.
SHAPES = {
    "role": ("iam", "roleNameType", 64),
    "cluster": ("eks", "ClusterName", 100),
    "repository": ("ecr", "RepositoryName", 256),
    "log group": ("logs", "LogGroupName", 512),
    "secret": ("secretsmanager", "NameType", 512),
    "parameter": ("ssm", "PSParameterName", 1_011),
    "alarm": ("cloudwatch", "AlarmName", 255),
}
# SQS API, CreateQueue; ElastiCache API, CreateReplicationGroup; Amazon MQ API, CreateBroker; ELB API,
# CreateLoadBalancer; Kubernetes, "Object Names and IDs" (RFC 1123).
PATTERNS = {
    "queue": r"[A-Za-z0-9_-]{1,75}(\.fifo)?|[A-Za-z0-9_-]{76,80}",
    "store": r"(?=.{1,40}$)[a-z](-?[a-z0-9])*",
    "broker": r"[A-Za-z0-9_-]{1,50}",
    "load balancer": r"(?=.{1,32}$)[A-Za-z0-9](-?[A-Za-z0-9])*",
    "object of Kubernetes": r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "host": r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
}
LABEL = st.from_regex(r"[a-z][a-z0-9]{0,29}", fullmatch=True)
NAME = st.from_regex(r"[a-z](-?[a-z0-9]){0,17}", fullmatch=True).filter(lambda name: len(name) <= 18)


@cache
def shape(kind: str) -> dict[str, Any]:
    service, name, _ = SHAPES[kind]
    found: dict[str, Any] = botocore.loaders.Loader().load_service_model(service, "service-2")["shapes"][name]
    return found


def resolved(name: str, pool: str, queue: str) -> dict[str, Any]:
    """Production on SQS with another name, another pool on EKS and another queue."""
    text = GOOD.replace("name: prod", f"name: {name}").replace("kind: rabbitmq", "kind: sqs")
    text = text.replace("  io: {", f"  {pool}: {{").replace("pool: io,", f"pool: {pool},")
    text = re.sub(r"\bslow\b", queue, text)
    return resolve(parse(text.encode(), FILE.parents[1] / name / FILE.name))


def names(env: dict[str, Any], pool: str) -> list[tuple[str, str]]:
    """What each thing is called that Terraform or the chart creates."""
    prefix = env["prefix"]
    return [
        *(("role", f"{prefix}-{workload}") for workload in env["workloads"]),
        ("cluster", env["eks"]["name"]),
        ("repository", env["registry"]["name"]),
        ("log group", f"/aws/eks/{prefix}/cluster"),
        *(("secret", name) for name in env["secrets"].values()),
        ("parameter", f"{env['discovery_prefix']}/broker_ca_certificate"),
        *(("alarm", f"{prefix}-{queue}-oldest-message") for queue in env["queues"]),
        *(("queue", queue[key]) for queue in env["queues"].values() for key in ("name", "dead_letter_name")),
        ("store", env["results"]["name"]),
        ("broker", env["broker"]["name"]),
        ("load balancer", f"{prefix}-broker"),
        ("object of Kubernetes", f"worker-{pool}"),
        *(("host", host) for host in env["worker_hosts"]),
    ]


def refused(kind: str, name: str) -> bool:
    if kind in PATTERNS:
        return not re.fullmatch(PATTERNS[kind], name)
    said = shape(kind)
    return len(name) > said.get("max", SHAPES[kind][2]) or not re.fullmatch(said.get("pattern", ".*"), name)


@settings(max_examples=25, deadline=None)
@given(name=NAME, pool=LABEL, queue=LABEL)
def test_every_name_that_is_derived_is_one_that_aws_and_kubernetes_take(name: str, pool: str, queue: str) -> None:
    taken = {"cpu", "io", "in", "nightly", "quick", "default", "effects"}
    if {pool, queue} & taken or pool == queue:
        return

    assert [one for one in names(resolved(name, pool, queue), pool) if refused(*one)] == []


def test_the_longest_names_are_taken() -> None:
    env = resolved("n" * 18, "p" * 30, "q" * 30)

    assert [one for one in names(env, "p" * 30) if refused(*one)] == []
