"""When a queue is polled again. kombu's event loop is real; its channel is not, as only the order of calls matters."""

import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery_platform.transports.sqs.polls import PatientPolls
from kombu.asynchronous import Hub
from kombu.transport import SQS


class Stock:
    """What kombu's channel does when a poll has ended, and when messages are acknowledged; polls only note it."""

    _loop1 = SQS.Channel._loop1  # type: ignore[attr-defined]

    def __init__(self, hub: Hub, events: list[str]) -> None:
        self.hub, self.events = hub, events
        self.connection = SimpleNamespace(polling_interval=10)
        self.room = 20
        self.qos = SimpleNamespace(prefetch_count=20, can_consume_max_estimate=lambda: self.room)
        self._active_queues = ["quick"]

    def _schedule_queue(self, queue: str) -> None:
        self.events.append(f"poll {queue}")

    def basic_ack(self, *_args: Any, **_kwargs: Any) -> None:
        self.room += 5

    basic_reject = basic_ack

    def close(self) -> None:
        self._active_queues.clear()


class Patient(PatientPolls, Stock):
    """As the transport's channel is made."""


@pytest.fixture
def events() -> list[str]:
    return []


@pytest.fixture
def hub(events: list[str]) -> Iterator[Hub]:
    """An event loop with a socket that stays silent. Where it would wait for that, it notes so."""
    hub = Hub()
    silent, other = socket.socketpair()
    hub.add_reader(silent, lambda: None)

    def wait(_timeout: float) -> list[tuple[int, int]]:
        events.append("wait")
        return []

    hub.poller.poll = wait
    yield hub
    hub.close()
    silent.close()
    other.close()


@pytest.mark.parametrize("how", ["call_soon", "timer"])
def test_after_messages_the_next_poll_begins_before_the_loop_waits(hub: Hub, events: list[str], how: str) -> None:
    channel = Patient(hub, events)
    begin: dict[str, Callable[..., object]] = {"call_soon": hub.call_soon, "timer": lambda *a: hub.call_later(0, *a)}

    begin[how](channel._loop1, "quick", 10)
    hub.run_once()

    assert events == ["poll quick", "wait"]


def test_kombu_alone_waits_first_when_a_timer_saw_the_messages(hub: Hub, events: list[str]) -> None:
    """If this fails, kombu has mended its loop, and `PatientPolls._loop1` can go."""
    channel = Stock(hub, events)

    hub.call_later(0, channel._loop1, "quick", 10)
    hub.run_once()

    assert events == ["wait"]


@pytest.mark.parametrize("settle", ["basic_ack", "basic_reject"])
def test_half_of_the_window_is_polled_for_before_the_loop_waits(hub: Hub, events: list[str], settle: str) -> None:
    channel = Patient(hub, events)
    channel.room = 0
    channel._schedule_queue("quick")

    hub.call_soon(getattr(channel, settle), "1")
    hub.run_once()
    assert events == ["wait"]  # a quarter

    hub.call_soon(getattr(channel, settle), "2")
    hub.run_once()
    assert events == ["wait", "poll quick", "wait"]


def test_an_empty_answer_is_followed_by_a_pause(hub: Hub, events: list[str]) -> None:
    channel = Patient(hub, events)

    channel._loop1("quick", 0)
    hub.run_once()

    assert events == ["wait"]


def test_a_closed_channel_polls_no_more(hub: Hub, events: list[str]) -> None:
    channel = Patient(hub, events)
    channel.room = 0
    channel._schedule_queue("quick")
    channel.room = 20
    channel.room_made()

    channel.close()
    hub.run_once()

    assert events == ["wait"]
