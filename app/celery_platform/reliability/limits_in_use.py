"""Which shared rate limits tasks ask, as the limits note it in the store: no code says it before it runs.

`<prefix>:rate_limits` is a hash: its fields are a limit and a task, its values how many the limit lets run in a minute.
A limit that nobody asked for a week is forgotten with the others.
"""

KEEP_SECONDS = 7 * 86_400
# Names of limits are the application's, and those of tasks have no line breaks.
_BETWEEN = "\n"


def limits_key(prefix: str) -> str:
    """The key of the hash; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:rate_limits"


def bucket_key(prefix: str, limit: str) -> str:
    """The key of a limit's bucket."""
    return f"{prefix}:rate:{limit}"


def field_of(limit: str, task: str) -> str:
    """The field of a limit that a task asks.

    Example: `limit_and_task(field_of("metrics-api", "orders.tasks.ship")) == ("metrics-api", "orders.tasks.ship")`
    """
    return f"{limit}{_BETWEEN}{task}"


def limit_and_task(field: str) -> tuple[str, str]:
    """The inverse of `field_of`."""
    limit, _, task = field.rpartition(_BETWEEN)
    return limit, task
