"""What a dead-lettered message says, whether the app or the broker put it there, and which are chosen."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from celery_platform.brokers.dead_lettered.envelope import unpack
from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage, dead_lettered_message
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.replaying import replayed_headers, replays_of

BODY = [["key"], {}, {}]
OURS = {"id": "a", "task": "exercises.quick.note", "x-dead-letter-reason": "PermanentError: refused 550",
        "x-dead-letter-attempts": 3, "x-dead-letter-at": 1000.0}  # fmt: skip


def message(headers: dict[str, Any] = OURS, body: Any = BODY) -> DeadLetteredMessage:
    return dead_lettered_message("quick", headers, body, {}, max_deliveries=5)


def test_a_message_that_the_app_dead_lettered_has_its_reason_attempts_and_time() -> None:
    found = message()

    assert (found.reason, found.attempts, found.failed_at) == ("PermanentError: refused 550", 3, 1000.0)
    assert found.replayable


def test_a_message_that_rabbitmq_moved_by_itself_has_a_reason() -> None:
    death = {"reason": "delivery_limit", "count": 1, "time": datetime(2026, 11, 24, tzinfo=UTC)}
    found = message({"id": "a", "task": "t", "x-death": [death]})

    assert found.reason.startswith("delivery_limit: moved by the broker")
    assert (found.attempts, found.failed_at) == (5, death["time"].timestamp())  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["x", [], {}, [[]], [{"time": "x", "reason": {}}], True, float("inf")])
@pytest.mark.parametrize("name", [
    "x-dead-letter-attempts", "x-dead-letter-at", "sent_at", "x-dead-letter-traceback", "x-death", "x-replays",
])  # fmt: skip
def test_a_header_of_another_type_is_as_if_it_were_not_there(name: str, value: Any) -> None:
    """Anybody who may publish can send it, and it would end the command that reads the queue."""
    for headers in (OURS | {name: value}, {"id": "a", "task": "t", name: value}):
        found = message(headers)

        assert all(isinstance(each, int | float | None) for each in (found.attempts, found.failed_at, found.sent_at))
        assert found.traceback is None or isinstance(found.traceback, str)
        assert Choice(older_than=1).includes(found) in (True, False)
        assert replays_of(headers) in (0, 1)


def test_a_number_that_no_clock_has_is_as_if_it_were_not_there() -> None:
    """JSON has integers of any length, which are no `float`."""
    found = message(OURS | dict.fromkeys(("x-dead-letter-attempts", "x-dead-letter-at", "sent_at"), 10**400))

    assert (found.attempts, found.failed_at, found.sent_at) == (None, None, None)


def test_a_message_that_sqs_moved_by_itself_has_a_reason() -> None:
    found = message({"id": "a", "task": "t"})

    assert found.reason.startswith("redriven: moved by the broker")
    assert found.attempts == 5


@pytest.mark.parametrize("text", ["not a message", "{}", '{"body": 1}', "e30=", '"x"', '{"body": "{"}'])
def test_a_message_of_no_task_is_shown_and_not_replayed(text: str) -> None:
    headers, body, properties = unpack(text)
    found = dead_lettered_message("quick", headers, body, properties, max_deliveries=5)

    assert not found.replayable
    assert "not a task message" in found.reason


def test_a_replayed_message_starts_again_with_all_retries() -> None:
    headers = OURS | {
        "retries": 8,
        "eta": "x",
        "expires": "x",
        "deadline": 1,
        "x-death": [],
        "sent_at": 5,
        "lang": "py",
    }

    replayed = replayed_headers(headers)
    assert replayed.pop("published_at") == replayed.pop("replayed_at") > time.time() - 60
    assert replayed == {
        "id": "a", "task": OURS["task"], "retries": 0, "x-replays": 1, "sent_at": 5, "lang": "py",
    }  # fmt: skip
    assert replayed_headers(replayed_headers(headers))["x-replays"] == 2


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (Choice(), True),
        (Choice(ids=frozenset({"a", "b"})), True),
        (Choice(ids=frozenset({"b"})), False),
        (Choice(task="exercises.*"), True),
        (Choice(task="exercises.effects.*"), False),
        (Choice(error="refused 5"), True),
        (Choice(error="TransientError"), False),
        (Choice(older_than=60), True),
        (Choice(newer_than=60), False),
        (Choice(task="exercises.*", error="refused", older_than=60), True),
    ],
)
def test_a_message_is_chosen_when_it_meets_every_condition(choice: Choice, *, chosen: bool) -> None:
    assert choice.includes(message()) == chosen


def test_a_message_without_any_time_meets_no_condition_on_age() -> None:
    without_time = message({"id": "a", "task": "t"})
    assert Choice().includes(without_time)
    assert not Choice(older_than=0).includes(without_time)
    assert Choice(older_than=1).includes(message({"id": "a", "task": "t", "sent_at": time.time() - 5}))
