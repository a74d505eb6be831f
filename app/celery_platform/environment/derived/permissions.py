"""What a pool may do in the AWS account: its IAM statements, and its access to the application's buckets."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment, Pool

READ_AND_WRITE = ("read", "write")


def bucket_access(env: Environment, pool: Pool | None = None) -> dict[str, tuple[str, ...]]:
    """Bucket -> read, write. By default, and without a pool: full access to all of the application's buckets.

    Example: `bucket_access(load("prod")) == {"media": ("read", "write")}`
    """
    if pool is not None and pool.permissions.buckets is not None:
        return dict(pool.permissions.buckets)
    return dict.fromkeys(env.application.buckets, READ_AND_WRITE)


def statements(pool: Pool) -> list[Json]:
    """A pool's IAM statements, with one entry per condition."""
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
        for statement in pool.permissions.statements
    ]


def services(env: Environment) -> list[str]:
    """The IAM prefixes of the services in all pools' statements: a permissions boundary has to allow them.

    Example: `["dynamodb"]` where one pool may `dynamodb:GetItem`
    """
    every = (statement for pool in env.pools.values() for statement in pool.permissions.statements)
    return sorted({action.partition(":")[0] for statement in every for action in statement.actions})
