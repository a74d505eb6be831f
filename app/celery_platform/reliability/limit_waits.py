"""How long the runs of tasks wait for their shared rate limits now."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from celery_platform.reliability.limits_in_use import asked_by, bucket_key, limits_key
from celery_platform.reliability.rate_limit import RateLimit
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime


@dataclass(frozen=True)
class LimitWait:
    """A limit that a task asked within the last week. A run that asks now goes on after `wait_seconds`.

    `per_second` is the steady rate that the limit lets through, for all its tasks together.
    """

    limit: str
    task: str
    per_minute: int
    per_second: float
    wait_seconds: float

    @property
    def rate(self) -> str:
        """The steady rate in words: by the minute, because a limit may let less than one through in a second.

        Example: `LimitWait("relay", "shop.send", 10, 0.14, 0).rate == "8.4 a minute"`
        """
        return f"{60 * self.per_second:.1f} a minute"


def limit_waits(tasks: Collection[str] | None = None) -> list[LimitWait]:
    """The limits that these tasks ask (all tasks without), the longest wait first. Two round trips.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `limit_waits({"orders.tasks.ship"})[0].wait_seconds`
    """
    prefix, store = runtime().environment.prefix, valkey()
    members: Any = store.zrange(limits_key(prefix), 0, -1)
    # Of a limit that was changed, the later number replaces the earlier one.
    asked = {(limit, task): per_minute for limit, per_minute, task in map(asked_by, members)}
    asked = {key: per_minute for key, per_minute in asked.items() if tasks is None or key[1] in tasks}
    if not asked:
        return []
    with store.pipeline(transaction=False) as pipe:
        pipe.time()
        for limit, _ in asked:
            pipe.hmget(bucket_key(prefix, limit), "tokens", "at")
        (seconds, microseconds), *buckets = pipe.execute()
    now = seconds + microseconds / 1e6
    found = [
        _wait(limit, task, per_minute, bucket, now)
        for ((limit, task), per_minute), bucket in zip(asked.items(), buckets, strict=True)
    ]
    return sorted(found, key=lambda each: (-each.wait_seconds, each.limit, each.task))


def _wait(name: str, task: str, per_minute: int, bucket: list[str | None], now: float) -> LimitWait:
    limit, (tokens, at) = RateLimit(name, per_minute), bucket
    waits = limit.wait_seconds(float(tokens), float(at), now) if tokens and at else 0.0
    return LimitWait(name, task, per_minute, limit.per_second, waits)
