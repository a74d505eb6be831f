"""After an apply: set the passwords of users that Terraform had to create with a throwaway password.

The provider has no write-only argument for them, and other arguments are stored in the state. So Terraform creates each
user with a random password that is used nowhere else, and this step replaces it with the one in Secrets Manager. It can
be repeated at any time: it skips users that have the current password, and sets the new one after a rotation.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from runner.errors import RunError

# Tag with the version of the secret that a user has. Terraform ignores this tag (providers.tf).
VERSION_TAG = "celery:password-version"
SETTLE_SECONDS = 300


@dataclass(frozen=True)
class Secret:
    """A secret's value and its version id, which changes with every rotation."""

    value: str
    version: str


def read_secret(name: str) -> Secret:
    """The secret's current value."""
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    return Secret(answer["SecretString"], answer["VersionId"])


def settle_store_users(users: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[str]:
    """Set the password of each ElastiCache user that does not have the current one; yields a line for each.

    `users` is the Terraform output `store_users` (user id = label of its secret), `secrets` maps labels to names.

    Raises:
        RunError: a user was not active again within five minutes.
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
        yield f"{user_id} now has the password in {secrets[label]}"


def _wait_until_active(client: Any, user_id: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while (status := client.describe_users(UserId=user_id)["Users"][0]["Status"]) != "active":
        if time.monotonic() > deadline:
            remedy = "check the user in the console, then run `python terraform/run.py passwords ENV`"
            raise RunError(f"ElastiCache user {user_id} to be active", status, remedy)
        time.sleep(5)
