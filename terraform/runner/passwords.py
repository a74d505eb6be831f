"""After an apply: give users that Terraform had to make with a password the one that Secrets Manager holds.

The provider has no write-only argument for them, and what an argument holds is kept in the state. So Terraform makes
each user with a random password that is used nowhere, and this step replaces it at once. It may be repeated at any
time: a user whose password is right is left alone, and after a rotation in Secrets Manager it brings the new one.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from runner.errors import RunError

# Which version of the secret a user has. Terraform leaves this tag alone (providers.tf).
VERSION_TAG = "celery:password-version"
SETTLE_SECONDS = 300


@dataclass(frozen=True)
class Secret:
    """A secret's value and the version it is, which changes with every rotation."""

    value: str
    version: str


def read_secret(name: str) -> Secret:
    """The secret's current value."""
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    return Secret(answer["SecretString"], answer["VersionId"])


def settle_store_users(users: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[str]:
    """Set the password of each ElastiCache user that has not got the current one; say which.

    `users` is the Terraform output `store_users` (user id = label of its secret), `secrets` the environment's names.

    Raises:
        RunError: ElastiCache did not take one within five minutes.
    """
    client = boto3.client("elasticache")
    for user_id, label in users.items():
        secret = read_secret(secrets[label])
        user = client.describe_users(UserId=user_id)["Users"][0]
        tags = client.list_tags_for_resource(ResourceName=user["ARN"])["TagList"]
        if {"Key": VERSION_TAG, "Value": secret.version} in tags:
            continue
        client.modify_user(UserId=user_id, Passwords=[secret.value])
        _wait_until_active(client, user_id)
        tag = {"Key": VERSION_TAG, "Value": secret.version}
        client.add_tags_to_resource(ResourceName=user["ARN"], Tags=[tag])
        yield f"{user_id} has the password of {secrets[label]}"


def _wait_until_active(client: Any, user_id: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while (status := client.describe_users(UserId=user_id)["Users"][0]["Status"]) != "active":
        if time.monotonic() > deadline:
            remedy = "look at it in the console, then `python terraform/run.py passwords ENV`"
            raise RunError(f"ElastiCache user {user_id} to be active", status, remedy)
        time.sleep(5)
