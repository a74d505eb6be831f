"""Which of a worker's requests wait for a rate limit of Celery's."""

from collections.abc import Iterator
from typing import Any

from kombu.utils.limits import TokenBucket


def in_rate_limits(consumer: Any) -> Iterator[Any]:
    """Return the requests that wait for a rate limit.

    Celery makes all buckets anew at each `rate_limit` command; the timer has those whose requests still wait.

    Example: `any(in_rate_limits(consumer))`
    """
    planned = (getattr(entry, "entry", None) for entry in tuple(consumer.timer.queue))
    arguments = (argument for each in planned for argument in getattr(each, "args", ()))
    buckets: dict[int, Any] = {
        id(each): each for each in (*consumer.task_buckets.values(), *arguments) if isinstance(each, TokenBucket)
    }
    for bucket in buckets.values():
        yield from (request for request, _ in tuple(bucket.contents))
