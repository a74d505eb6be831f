"""Which shared rate limits tasks ask, as the limits note it in the store: no code says it before it runs.

`<prefix>:limits_in_use` is a sorted set by when each was last asked: of a limit, how many it lets run in a minute, and
a task. An application may have a limit for each of its customers, so only the last `MOST` are kept, for a week.
"""

KEEP_SECONDS = 7 * 86_400
MOST = 1_000
# Names of limits are the application's, and those of tasks have no line breaks.
_BETWEEN = "\n"


def limits_key(prefix: str) -> str:
    """The key of the set; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:limits_in_use"


def bucket_key(prefix: str, limit: str) -> str:
    """The key of a limit's bucket."""
    return f"{prefix}:rate:{limit}"


def member_of(limit: str, per_minute: int, task: str) -> str:
    """The member for a limit that a task asks.

    Example: `asked_by(member_of("metrics-api", 600, "orders.tasks.ship")) == ("metrics-api", 600, "orders.tasks.ship")`
    """
    return _BETWEEN.join((limit, str(per_minute), task))


def asked_by(member: str) -> tuple[str, int, str]:
    """The inverse of `member_of`."""
    limit, per_minute, task = member.rsplit(_BETWEEN, 2)
    return limit, int(per_minute), task
