"""Requests that wait for a rate limit are found wherever Celery keeps them."""

from types import SimpleNamespace
from typing import Any

from celery_platform.transports.rate_limited import in_rate_limits
from kombu.asynchronous.timer import Timer
from kombu.utils.limits import TokenBucket


def bucket(*requests: str) -> Any:
    """A bucket in which requests wait."""
    made: Any = TokenBucket(1)
    for each in requests:
        made.add((each, 1))
    return made


def consumer(**buckets: Any) -> Any:
    """What of a consumer matters here, with Celery's own timer."""
    return SimpleNamespace(task_buckets=buckets, timer=Timer())


def test_a_task_without_a_limit_has_no_bucket() -> None:
    assert list(in_rate_limits(consumer(quick=None))) == []


def test_a_request_is_found_once_in_a_bucket_that_the_timer_has_too() -> None:
    slow = bucket("one", "two")
    found = consumer(slow=slow)
    found.timer.call_after(60, print, (slow,))

    assert list(in_rate_limits(found)) == ["one", "two"]


def test_requests_are_found_after_a_command_has_made_all_buckets_anew() -> None:
    former = bucket("one")
    found = consumer(slow=former)
    found.timer.call_after(60, print, (former,))
    found.task_buckets = {"slow": bucket("two")}

    assert sorted(in_rate_limits(found)) == ["one", "two"]
