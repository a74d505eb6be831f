"""When a worker on SQS polls a queue that it drains after another one.

Time and loop are simulated, because the defect needs a task that blocks the loop at one moment of a poll.
"""

from typing import Any

import pytest
from celery_platform.brokers.sqs import priorities
from celery_platform.brokers.sqs.priorities import AFTER, CHECK_SECONDS, EMPTY_SECONDS, InOrder

URGENT, USUAL = "urgent", "usual"


class Clock:
    """A simulated clock with the calls that are due at its times."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Any, str]] = []

    def call_later(self, seconds: float, call: Any, queue: str) -> None:
        self.later.append((self.now + seconds, call, queue))

    def turn(self, *, held: float = 0.0) -> None:
        """Make the next call, `held` seconds late."""
        at, call, queue = self.later.pop(0)
        self.now = at + held
        call(queue)


class Polls:
    """kombu's part of a channel, which polls at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.transport_options = {AFTER: {USUAL: URGENT}}
        self._active_queues = [URGENT, USUAL]
        self.paused_queues: frozenset[str] = frozenset()
        self.closed = False

    def _schedule_queue(self, queue: str) -> None:
        self.asked.append(queue)

    def _get_async(self, queue: str) -> None:
        pass


class Channel(InOrder, Polls):
    """kombu's channel with the platform's order."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(priorities, "monotonic", lambda: made.now)
    return made


@pytest.fixture
def channel(clock: Clock) -> Channel:
    """A channel that has polled the urgent queue without an answer, and is about to poll the usual one."""
    made = Channel()
    made.hub = clock
    made._get_async(URGENT)
    made._schedule_queue(USUAL)
    return made


def test_an_urgent_queue_that_does_not_answer_counts_as_empty(channel: Channel, clock: Clock) -> None:
    while not channel.asked:
        clock.turn()

    assert channel.asked == [USUAL]
    assert EMPTY_SECONDS <= clock.now <= EMPTY_SECONDS + 2 * CHECK_SECONDS


def test_time_in_which_a_task_blocked_the_loop_does_not_count(channel: Channel, clock: Clock) -> None:
    for _ in range(20):
        clock.turn(held=1.0)

    assert channel.asked == []


def test_a_queue_behind_one_that_people_have_paused_is_polled(channel: Channel) -> None:
    channel.paused_queues = frozenset({URGENT})
    channel._schedule_queue(USUAL)

    assert channel.asked == [USUAL]
