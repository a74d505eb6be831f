"""After an apply: give each secret that has no value yet a random one.

Not Terraform: it would keep the first version in its state for ever, while people and playbooks write newer ones.
Secrets Manager deletes versions without a staging label, and Terraform would then create "its" version again, as the
current one (hashicorp/terraform-provider-aws#37302). A plan would also have to read every value, which a pipeline must
not (hashicorp/terraform-provider-aws#42383).
"""

import secrets
import string
from collections.abc import Collection, Iterator
from typing import Any

import boto3

from runner.errors import RunError

# Without punctuation: a value is also used in URLs and in RabbitMQ's configuration.
CHARACTERS = string.ascii_letters + string.digits
LENGTH = 40


def write_first_values(names: Collection[str]) -> Iterator[str]:
    """Write a random value to each of these secrets that has none; yields a line for each. No value is read.

    Raises:
        RunError: some of these secrets do not exist, or are scheduled for deletion. Nothing was written then.

    Example: `list(write_first_values(["celery-prod/broker-password"]))`, empty at the second apply
    """
    client = boto3.client("secretsmanager")
    described = {name: _described(client, name) for name in names}
    _check_usable(described)
    for name in names:
        if not _has_value(described[name]):
            value = "".join(secrets.choice(CHARACTERS) for _ in range(LENGTH))
            client.put_secret_value(SecretId=name, SecretString=value)
            yield f"{name} now has its first value"


def _described(client: Any, name: str) -> dict[str, Any]:
    """What AWS says of a secret; empty if there is no such secret."""
    try:
        return dict(client.describe_secret(SecretId=name))
    except client.exceptions.ResourceNotFoundException:
        return {}


def _check_usable(described: dict[str, dict[str, Any]]) -> None:
    """Raises RunError for secrets to which no value can be written."""
    if missing := sorted(name for name, one in described.items() if not one):
        remedy = "`make plan` and `make apply`, which create them"
        raise RunError("every secret of the environment in the account", f"no {', '.join(missing)}", remedy)
    if deleted := sorted(name for name, one in described.items() if one.get("DeletedDate")):
        remedy = "undo it with `aws secretsmanager restore-secret --secret-id NAME`, then repeat this"
        raise RunError("no secret that is scheduled for deletion", ", ".join(deleted), remedy)


def _has_value(described: dict[str, Any]) -> bool:
    return any("AWSCURRENT" in stages for stages in described.get("VersionIdsToStages", {}).values())
