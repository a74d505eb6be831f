"""Which of a worker's requests wait for a rate limit of Celery's."""

from collections.abc import Iterable, Iterator
from typing import Any

from kombu.utils.limits import TokenBucket


def in_rate_limits(consumer: Any) -> Iterator[Any]:
    """Return the requests that wait for a rate limit.

    Example: `any(in_rate_limits(consumer))`
    """
    for bucket in _buckets(consumer):
        yield from (request for request, _ in tuple(bucket.contents))


def begin_none_in_rate_limits(consumer: Any) -> None:
    """Let none of them begin any more; they stay taken, and go back when the connection closes.

    Example: `begin_none_in_rate_limits(consumer)`
    """
    for bucket in _buckets(consumer):
        bucket.clear_pending()


def _buckets(consumer: Any) -> Iterable[Any]:
    """Celery makes all buckets anew at each `rate_limit` command; the timer has those whose requests still wait."""
    planned = (getattr(entry, "entry", None) for entry in tuple(consumer.timer.queue))
    arguments = (argument for each in planned for argument in getattr(each, "args", ()))
    return {
        id(each): each for each in (*consumer.task_buckets.values(), *arguments) if isinstance(each, TokenBucket)
    }.values()
