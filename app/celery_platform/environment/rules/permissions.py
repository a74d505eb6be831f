"""Rules about buckets, and about what pools and processes may do in the AWS account."""

from collections.abc import Iterator

from celery_platform.environment.derived.buckets import OWN, bucket_name
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.permissions import Permissions

# S3 guide, "General purpose bucket naming rules". Terraform appends a hyphen and the account's twelve digits.
LONGEST_BUCKET_NAME = 63 - len("-123456789012")


def buckets_have_names_s3_takes(env: Environment) -> Iterator[Problem]:
    """S3 limits the length of `<prefix>-<env>-<label>-<account>`, and two labels are reserved for the platform.

    Refused by: S3, CreateBucket, InvalidBucketName (S3 guide, "General purpose bucket naming rules").
    """
    for label in env.application.buckets:
        name = bucket_name(env.own_prefix, label)
        if label in OWN:
            yield Problem("application.buckets", label, f"another label: the platform uses {', '.join(OWN)}")
        if len(name) > LONGEST_BUCKET_NAME:
            longest = LONGEST_BUCKET_NAME - (len(name) - len(label))
            yield Problem(
                "application.buckets",
                label,
                f"a label of at most {longest} characters: it is part of the bucket's name",
            )


def pools_use_existing_buckets(env: Environment) -> Iterator[Problem]:
    """Permissions for a bucket that does not exist would apply to whoever creates a bucket of that name."""
    for path, permissions in _permissions(env):
        for label in permissions.buckets or {}:
            if label not in env.application.buckets:
                allowed = f"one of application.buckets: {', '.join(sorted(env.application.buckets)) or 'there is none'}"
                yield Problem(f"{path}.buckets", label, allowed)


def no_statement_allows_everything(env: Environment) -> Iterator[Problem]:
    """With all actions of a service on all resources, a compromised worker could do any harm; narrow one of the two."""
    for path, permissions in _permissions(env):
        for number, statement in enumerate(permissions.statements):
            wide = [action for action in statement.actions if not action.partition(":")[2].strip("*?")]
            if wide and any(_is_everything(resource) for resource in statement.resources):
                yield Problem(
                    f"{path}.statements.{number}",
                    f"{wide[0]} on {', '.join(statement.resources)}",
                    "actions by name, or the ARNs of what they act on",
                )


def _permissions(env: Environment) -> Iterator[tuple[str, Permissions]]:
    """What each pool and process may do, with its path in the file."""
    yield from ((f"pools.{name}.permissions", pool.permissions) for name, pool in env.pools.items())
    yield from ((f"processes.{name}.permissions", process.permissions) for name, process in env.processes.items())


def _is_everything(resource: str) -> bool:
    """Whether an ARN names nothing after its account: `*`, and `arn:aws:s3:::*` too."""
    return not resource.split(":", 5)[-1].strip("*?:/")


RULES = (buckets_have_names_s3_takes, pools_use_existing_buckets, no_statement_allows_everything)
