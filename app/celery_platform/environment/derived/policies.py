"""How long the IAM policies of a workload are, so that no policy exceeds what IAM accepts.

Terraform writes the policies (terraform/modules/identity); the statements here are the same, with an account's number
and a key's id of the usual length. `tests/estates` compares both.
"""

import json
from collections.abc import Iterable

from celery_platform.environment.aws.regions import partition_of
from celery_platform.environment.derived import Json
from celery_platform.environment.derived.buckets import buckets
from celery_platform.environment.derived.logs import host_group
from celery_platform.environment.derived.queue_patterns import queue_patterns
from celery_platform.environment.derived.queues import queue_names
from celery_platform.environment.derived.secrets import secrets
from celery_platform.environment.model import Environment
from celery_platform.environment.quotas import INLINE_POLICIES, MANAGED_POLICY

ACCOUNT = "0" * 12
KEY = "0" * 36
RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
LOOK = ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility")
SEND = ("sqs:SendMessage",)
MEASURE = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl")
OBJECTS = {"read": ("s3:GetObject",), "write": ("s3:PutObject", "s3:DeleteObject")}
SHIP_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
DISCOVER = ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")


class Policies:
    """The policies of an environment's workloads.

    Example: `Policies(load("prod"), "celery-prod").inline(workload) < 10_240`
    """

    def __init__(self, env: Environment, prefix: str) -> None:
        self._env = env
        self._queues: dict[str, list[str]] = dict(queue_patterns(env, prefix))
        for label, queue in env.queues.items():
            names = queue_names(prefix, label, queue)
            self._queues |= {label: [names["name"]], f"{label}-dlq": [names["dead_letter_name"]]}
        self._secrets = secrets(env, prefix)
        self._buckets = buckets(env, prefix)

    def inline(self, workload: Json) -> int:
        """The characters of a workload's inline policies: the platform's, and the statements of its pool."""
        own = [
            {"Effect": "Allow", "Action": statement["actions"], "Resource": statement["resources"]}
            | ({"Condition": statement["conditions"]} if statement["conditions"] else {})
            for statement in workload["statements"]
        ]
        platform = self._platform(workload) + self._drains(workload["drains"][0] if workload["drains"] else ())
        return sum(_characters(statements) for statements in (platform, own) if statements)

    def managed(self, workload: Json) -> list[int]:
        """The characters of each managed policy of a workload: one for each part of its queues after the first."""
        return [_characters(self._drains(part)) for part in workload["drains"][1:]]

    def parts(self, workload: Json, labels: list[str]) -> tuple[tuple[str, ...], ...]:
        """The queues of a workload without any yet: as many as its inline policy can hold, then managed policies."""
        room = INLINE_POLICIES.most - self.inline(workload)
        parts: list[list[str]] = [[]]
        for label in labels:
            if parts[-1] and _characters(self._drains([*parts[-1], label])) > room:
                room = MANAGED_POLICY.most
                parts.append([])
            parts[-1].append(label)
        return tuple(tuple(part) for part in parts)

    def _platform(self, workload: Json) -> list[Json]:
        region = self._env.region
        own = [self._arn("s3", self._bucket(label), regional=False) for label in workload["buckets"]]
        found = [
            _statement("Send", SEND, self._arns(workload["sends"])),
            _statement("Measure", MEASURE, self._arns(workload["measures"])),
            _statement("Receive", RECEIVE, self._arns(workload["receives"])),
            _statement("Look", LOOK, self._arns(workload["looks"])),
            _statement("ListBuckets", ("s3:ListBucket",), own),
            _statement("ReadSecrets", ("secretsmanager:GetSecretValue",), map(self._secret, workload["secrets"])),
        ]
        for access, actions in OBJECTS.items():
            objects = [arn for arn, may in zip(own, workload["buckets"].values(), strict=True) if access in may]
            found.append(_statement(f"{access.title()}Buckets", actions, [f"{arn}/*" for arn in objects]))
        if workload["secrets"]:
            condition = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
            key = self._arn("kms", f"key/{KEY}")
            found.append(_statement("OpenSecrets", ("kms:Decrypt",), [key]) | {"Condition": condition})
        if workload["discovers"]:
            parameters = self._arn("ssm", f"parameter{self._env.own_path}")
            found.append(_statement("Discover", DISCOVER, [parameters, f"{parameters}/*"]))
        if workload["watches"]:
            found.append(_statement("Watch", ("cloudwatch:GetMetricData",), ["*"]))
        if workload["on"] == "hosts" and self._env.logs.hosts:
            found.append(_statement("ShipLogs", SHIP_LOGS, [self._arn("logs", f"log-group:{host_group(self._env)}:*")]))
        if workload["finds_hosts"]:
            found.append(_statement("FindHosts", ("ec2:DescribeInstances",), ["*"]))
        return [statement for statement in found if statement]

    def _drains(self, labels: Iterable[str]) -> list[Json]:
        labels = list(labels)
        dead = self._arns(f"{label}-dlq" for label in labels)
        found = (_statement("Drain", RECEIVE, self._arns(labels)), _statement("DeadLetter", SEND + MEASURE, dead))
        return [statement for statement in found if statement]

    def _arns(self, labels: Iterable[str]) -> list[str]:
        return [self._arn("sqs", name) for label in labels for name in self._queues[label]]

    def _secret(self, label: str) -> str:
        return self._arn("secretsmanager", f"secret:{self._secrets[label]}-??????")

    def _bucket(self, label: str) -> str:
        return f"{self._buckets[label]}-{ACCOUNT}"

    def _arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        place = f"{self._env.region}:{ACCOUNT}" if regional else ":"
        return f"arn:{partition_of(self._env.region)}:{service}:{place}:{resource}"


def _statement(sid: str, actions: Iterable[str], resources: Iterable[str]) -> Json:
    listed = list(resources)
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": listed} if listed else {}


def _characters(statements: list[Json]) -> int:
    """The length of a policy with these statements; IAM does not count whitespace."""
    return len(json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":")))
