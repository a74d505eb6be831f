"""Requests that wait for a rate limit are found wherever Celery keeps them, and begin at no end of their worker."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery_platform.guards.polled import Polled
from celery_platform.transports.drain import Drain
from celery_platform.transports.ending import Ending
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


class Unanswered(Polled):
    """A channel whose last poll SQS has not answered yet."""

    def has_more(self) -> bool:
        """Always."""
        return True

    poll_outlives_connection = has_more


@pytest.mark.parametrize(("seconds", "left"), [(0.0, []), (60.0, ["one", "two"])], ids=["too late", "in time"])
def test_what_waits_for_a_rate_limit_does_not_begin_when_it_is_too_late_although_a_poll_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, seconds: float, left: list[str]
) -> None:
    ends = consumer(slow=bucket("one", "two"))
    ends.hub, ends.perform_pending_operations, ends.pool = True, print, None
    ends.controller = SimpleNamespace(semaphore=None)
    ends.task_consumer = SimpleNamespace(channel=Unanswered())
    monkeypatch.setattr(Ending, "due", None)
    Ending.ask(seconds)

    Drain(ends).turn(ends)

    assert list(in_rate_limits(ends)) == left
