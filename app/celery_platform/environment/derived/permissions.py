"""What a pool may do in the account: its statements, and the application's buckets."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment, Pool

READ_AND_WRITE = ("read", "write")


def bucket_access(env: Environment, pool: Pool | None = None) -> dict[str, tuple[str, ...]]:
    """Bucket -> read, write. Without a pool, and for one that says nothing: all of the application's.

    Example: `bucket_access(load("prod")) == {"media": ("read", "write")}`
    """
    if pool is not None and pool.permissions.buckets is not None:
        return dict(pool.permissions.buckets)
    return dict.fromkeys(env.application.buckets, READ_AND_WRITE)


def statements(pool: Pool) -> list[Json]:
    """IAM statements, each condition as one entry."""
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
    """The services that pools' statements name, by their IAM prefix: a permissions boundary has to let them through.

    Example: `["dynamodb"]` where one pool may `dynamodb:GetItem`
    """
    every = (statement for pool in env.pools.values() for statement in pool.permissions.statements)
    return sorted({action.partition(":")[0] for statement in every for action in statement.actions})
