"""What an environment implies that its workloads may do, and what a role could have beyond it."""

from collections.abc import Iterator
from typing import Any

RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
SEND = ("sqs:SendMessage",)
MEASURE = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl")
SHIP = ("logs:CreateLogStream", "logs:PutLogEvents")
OBJECTS = {"read": ("s3:GetObject",), "write": ("s3:PutObject", "s3:DeleteObject")}
TRANSFER = "celery-prod-transfer"


def _queues(resolved: dict[str, Any], labels: list[str]) -> Iterator[str]:
    """The queues with these labels, of which `*` is every queue and `*-dlq` every dead letter queue."""
    every = {"*": list(resolved["queues"]), "*-dlq": [f"{label}-dlq" for label in resolved["queues"]]}
    return (_queue(resolved, one) for label in labels for one in every.get(label, [label]))


def _queue(resolved: dict[str, Any], label: str) -> str:
    queues = resolved["queues"]
    name = queues[label]["name"] if label in queues else queues[label.removesuffix("-dlq")]["dead_letter_name"]
    return f"arn:aws:sqs:eu-west-1:000000000000:{name}"


def _secret(resolved: dict[str, Any], label: str) -> str:
    return f"arn:aws:secretsmanager:eu-west-1:000000000000:secret:{resolved['secrets'][label]}-AbCdEf"


def implied(resolved: dict[str, Any], workload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action and resource that a workload in resolved.json needs."""
    for labels, actions in (("receives", RECEIVE), ("sends", SEND), ("measures", MEASURE)):
        yield from ((action, queue) for queue in _queues(resolved, workload[labels]) for action in actions)
    drained = [label for part in workload["drains"] for label in part]
    dead = [f"{label}-dlq" for label in drained]
    yield from ((action, queue) for queue in _queues(resolved, drained) for action in RECEIVE)
    yield from ((action, queue) for queue in _queues(resolved, dead) for action in (*SEND, *MEASURE))
    yield from (("secretsmanager:GetSecretValue", _secret(resolved, label)) for label in workload["secrets"])
    for label, may in workload["buckets"].items():
        bucket = resolved["buckets"][label]
        yield "s3:ListBucket", _bucket(bucket)
        yield from ((action, _object(bucket)) for access in may for action in OBJECTS[access])
    if workload["on"] == "hosts" and resolved["logs"]["host_group"]:
        yield from ((action, _stream(resolved)) for action in SHIP)
    if workload["watches"]:
        yield "cloudwatch:GetMetricData", "*"
    if workload["finds_hosts"]:
        yield "ec2:DescribeInstances", "*"
    if workload["discovers"]:
        yield "ssm:GetParameters", _parameter(resolved)


def everything(resolved: dict[str, Any]) -> set[tuple[str, str]]:
    """Every permission that a workload could have, and some that none has."""
    labels = [*resolved["queues"], *(f"{label}-dlq" for label in resolved["queues"])]
    found = {
        (action, _queue(resolved, label))
        for label in labels
        for action in (*RECEIVE, *SEND, *MEASURE, "sqs:PurgeQueue")
    }
    secret_actions = ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue")
    found |= {(action, _secret(resolved, label)) for label in resolved["secrets"] for action in secret_actions}
    for bucket in (*resolved["buckets"].values(), TRANSFER):
        found |= {(action, _object(bucket)) for action in (*OBJECTS["read"], *OBJECTS["write"], "s3:PutObjectAcl")}
        found |= {("s3:ListBucket", _bucket(bucket)), ("s3:DeleteBucket", _bucket(bucket))}
    found |= {("ssm:GetParameters", _parameter(resolved)), ("ssm:PutParameter", _parameter(resolved))}
    found |= {(action, _stream(resolved)) for action in (*SHIP, "logs:GetLogEvents", "logs:DeleteLogStream")}
    return found | {
        ("cloudwatch:GetMetricData", "*"),
        ("ec2:DescribeInstances", "*"),
        ("ec2:TerminateInstances", "*"),
        ("iam:CreateUser", "*"),
        ("sts:AssumeRole", "*"),
        ("kms:Decrypt", "*"),
    }


def _bucket(name: str) -> str:
    return f"arn:aws:s3:::{name}-000000000000"


def _object(bucket: str) -> str:
    return f"{_bucket(bucket)}/any/object"


def _stream(resolved: dict[str, Any]) -> str:
    return f"arn:aws:logs:eu-west-1:000000000000:log-group:{resolved['logs']['host_group']}:log-stream:worker-1"


def _parameter(resolved: dict[str, Any]) -> str:
    return f"arn:aws:ssm:eu-west-1:000000000000:parameter{resolved['discovery_prefix']}/broker_url"
