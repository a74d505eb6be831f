"""A delay under a second on a real RabbitMQ: rounded up with the guard, refused by Celery without it."""

from datetime import UTC, datetime, timedelta

import pytest
from celery_platform.guards.whole_second_delay import whole_seconds

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from exercises.quick import note
note.apply_async(("half-a-second", "half a second"), countdown=0.5)
"""
UNGUARDED = """
from celery_platform.attachment import application_class
application_class.whole_seconds = lambda countdown, eta, zone: countdown
from exercises.quick import note
try:
    note.apply_async(("never", "never"), countdown=0.5)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize(("countdown", "expected"), [(0.2, 1), (1, 1), (1.2, 2), (0, None), (None, None), (-3, None)])
def test_countdowns_are_rounded_up(countdown: float | None, expected: int | None) -> None:
    assert whole_seconds(countdown, None) == expected


@pytest.mark.parametrize("form", ["datetime", "text", "naive"])
def test_times_become_delays(form: str) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=7.5)
    forms: dict[str, datetime | str] = {
        "datetime": moment,
        "text": moment.isoformat(),
        "naive": moment.replace(tzinfo=None),
    }

    assert whole_seconds(None, forms[form]) == 8


def test_a_message_with_a_delay_of_half_a_second_arrives(rabbitmq: TestEnvironment) -> None:
    with rabbitmq.worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        rabbitmq.python(SEND)
        eventually(lambda: "half a second" in rabbitmq.services.notes, "the note", seconds=15)


def test_without_the_guard_celery_refuses_half_a_second(rabbitmq: TestEnvironment) -> None:
    assert rabbitmq.python(UNGUARDED) == "countdown must be a positive number"


def test_of_countdown_and_eta_the_countdown_counts_as_in_celery() -> None:
    assert whole_seconds(10, "2099-01-01T00:00:00+00:00") == 10
