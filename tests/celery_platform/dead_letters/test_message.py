"""What a dead letter says, whoever put it there, and which are chosen."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.envelope import unpack
from celery_platform.dead_letters.message import Letter, letter_of
from celery_platform.dead_letters.replaying import replayed_headers

BODY = [["key"], {}, {}]
OURS = {"id": "a", "task": "exercises.quick.note", "x-dead-letter-reason": "PermanentError: refused 550",
        "x-dead-letter-attempts": 3, "x-dead-letter-at": 1000.0}  # fmt: skip


def letter(headers: dict[str, Any] = OURS, body: Any = BODY) -> Letter:
    return letter_of("quick", headers, body, {}, max_deliveries=5)


def test_what_the_app_noted_is_said() -> None:
    found = letter()

    assert (found.reason, found.attempts, found.failed_at) == ("PermanentError: refused 550", 3, 1000.0)
    assert found.replayable


def test_what_rabbitmq_moved_by_itself_is_explained() -> None:
    death = {"reason": "delivery_limit", "count": 1, "time": datetime(2026, 11, 24, tzinfo=UTC)}
    found = letter({"id": "a", "task": "t", "x-death": [death]})

    assert found.reason.startswith("delivery_limit: moved by the broker")
    assert (found.attempts, found.failed_at) == (5, death["time"].timestamp())  # type: ignore[attr-defined]


def test_what_sqs_moved_by_itself_is_explained() -> None:
    found = letter({"id": "a", "task": "t"})

    assert found.reason.startswith("redriven: moved by the broker")
    assert found.attempts == 5


@pytest.mark.parametrize("text", ["not a message", "{}", '{"body": 1}', "e30=", '"x"', '{"body": "{"}'])
def test_what_is_no_task_message_is_shown_and_not_replayed(text: str) -> None:
    headers, body, properties = unpack(text)
    found = letter_of("quick", headers, body, properties, max_deliveries=5)

    assert not found.replayable
    assert "not a task message" in found.reason


def test_a_replay_starts_anew() -> None:
    headers = OURS | {
        "retries": 8,
        "eta": "x",
        "expires": "x",
        "deadline": 1,
        "x-death": [],
        "sent_at": 5,
        "lang": "py",
    }

    anew = replayed_headers(headers)
    assert anew.pop("published_at") == anew.pop("replayed_at") > time.time() - 60
    assert anew == {
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
def test_every_condition_has_to_be_met(choice: Choice, *, chosen: bool) -> None:
    assert choice.includes(letter()) == chosen


def test_a_letter_without_any_time_meets_no_age() -> None:
    nobody_noted = letter({"id": "a", "task": "t"})
    assert Choice().includes(nobody_noted)
    assert not Choice(older_than=0).includes(nobody_noted)
    assert Choice(older_than=1).includes(letter({"id": "a", "task": "t", "sent_at": time.time() - 5}))
