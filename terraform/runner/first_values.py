"""After an apply: give each secret that has no value yet a random one.

Not Terraform: it would keep the first version in its state for ever, while people and playbooks write newer ones.
Secrets Manager deletes versions without a staging label, and Terraform would then create "its" version again, as the
current one (hashicorp/terraform-provider-aws#37302). A plan would also have to read every value, which a pipeline must
not (hashicorp/terraform-provider-aws#42383).
"""

import secrets
import string
from collections.abc import Iterable, Iterator
from typing import Any

import boto3

# Without punctuation: a value is also used in URLs and in RabbitMQ's configuration.
CHARACTERS = string.ascii_letters + string.digits
LENGTH = 40


def write_first_values(names: Iterable[str]) -> Iterator[str]:
    """Write a random value to each of these secrets that has none; yields a line for each.

    Example: `list(write_first_values(["celery-prod/broker-password"]))`, empty at the second apply
    """
    client = boto3.client("secretsmanager")
    for name in names:
        if not _has_value(client, name):
            value = "".join(secrets.choice(CHARACTERS) for _ in range(LENGTH))
            client.put_secret_value(SecretId=name, SecretString=value)
            yield f"{name} now has its first value"


def _has_value(client: Any, name: str) -> bool:
    """Whether the secret has a current value. AWS answers ResourceNotFoundException if it has none."""
    try:
        return bool({"SecretString", "SecretBinary"} & client.get_secret_value(SecretId=name).keys())
    except client.exceptions.ResourceNotFoundException:
        return False
