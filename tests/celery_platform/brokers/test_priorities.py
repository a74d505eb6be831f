"""When a worker on SQS asks a queue that another one stands before.

Time and loop are made up: what is looked for is a task that holds the loop at one moment of a poll.
"""

from typing import Any

import pytest
from celery_platform.brokers import priorities
from celery_platform.brokers.priorities import AFTER, EMPTY_SECONDS, LOOK_SECONDS, InOrder

URGENT, USUAL = "urgent", "usual"


class Clock:
    """Seconds, and what is to be called at which of them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Any, str]] = []

    def call_later(self, seconds: float, call: Any, queue: str) -> None:
        self.later.append((self.now + seconds, call, queue))

    def turn(self, *, held: float = 0.0) -> None:
        """The next call, so many seconds late."""
        at, call, queue = self.later.pop(0)
        self.now = at + held
        call(queue)


class Polls:
    """kombu's part of a channel: asks at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.transport_options = {AFTER: {USUAL: URGENT}}
        self._active_queues = [URGENT, USUAL]

    def _schedule_queue(self, queue: str) -> None:
        self.asked.append(queue)

    def _get_async(self, queue: str) -> None:
        pass


class Channel(InOrder, Polls):
    """Both."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(priorities, "monotonic", lambda: made.now)
    return made


@pytest.fixture
def channel(clock: Clock) -> Channel:
    """The urgent queue has been asked and has not answered; the usual one is to be asked."""
    made = Channel()
    made.hub = clock
    made._get_async(URGENT)
    made._schedule_queue(USUAL)
    return made


def test_a_queue_before_it_that_says_nothing_is_empty(channel: Channel, clock: Clock) -> None:
    while not channel.asked:
        clock.turn()

    assert channel.asked == [USUAL]
    assert EMPTY_SECONDS <= clock.now <= EMPTY_SECONDS + 2 * LOOK_SECONDS


def test_the_time_in_which_a_task_held_the_loop_says_nothing(channel: Channel, clock: Clock) -> None:
    for _ in range(20):
        clock.turn(held=1.0)

    assert channel.asked == []
