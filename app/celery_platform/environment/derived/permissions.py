"""What a pool or process may do in the AWS account: its IAM statements, and its access to the application's buckets."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment
from celery_platform.environment.model.permissions import Permissions

READ_AND_WRITE = ("read", "write")


def bucket_access(env: Environment, permissions: Permissions | None = None) -> dict[str, tuple[str, ...]]:
    """Bucket -> read, write. By default: full access to all of the application's buckets.

    Example: `bucket_access(load("prod")) == {"media": ("read", "write")}`
    """
    if permissions is not None and permissions.buckets is not None:
        return dict(permissions.buckets)
    return dict.fromkeys(env.application.buckets, READ_AND_WRITE)


def statements(permissions: Permissions) -> list[Json]:
    """The IAM statements of a pool or process, with one entry per condition."""
    return [
        {
            "actions": list(statement.actions),
            "resources": list(statement.resources),
            "conditions": [
                {"test": test, "variable": key, "values": list(values)}
                for test, keys in statement.conditions.items()
                for key, values in keys.items()
            ],
        }
        for statement in permissions.statements
    ]


def services(env: Environment) -> list[str]:
    """The IAM prefixes of the services in all statements: a permissions boundary has to allow them.

    Example: `["dynamodb"]` where one pool may `dynamodb:GetItem`
    """
    own = [one.permissions for one in env.pools.values()] + [one.permissions for one in env.processes.values()]
    every = (statement for permissions in own for statement in permissions.statements)
    return sorted({action.partition(":")[0] for statement in every for action in statement.actions})
