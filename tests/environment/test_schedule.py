"""`schedule` is checked with Celery's own parser before beat reads it."""

import pytest
from celery_platform.environment import EnvironmentFileError, load
from celery_platform.environment.resolve import resolve

from .conftest import Edit

ENTRY = 'every_night: {task: exercises.nightly.summary, queue: nightly, cron: "0 6 * * *"}'
WITHOUT_TIME = "every_night: {task: exercises.nightly.summary"


@pytest.mark.parametrize(
    ("said", "path", "allowed"),
    [
        ('cron: "0 6 * * 7"', ".cron: found '7' for day_of_week", "0-6 or sun-sat, 0 is Sunday"),
        ('cron: "61 6 * * *"', ".cron: found '61' for minute", "0-59"),
        ('cron: "a b c d e"', ".cron: found 'e' for day_of_week", "0-6 or sun-sat"),
        ('cron: "* * * *"', ".cron: found '* * * *'", "five fields: minute, hour, day_of_month"),
        ('cron: "*/0 * * * *"', ".cron: found '*/0' for minute", "0-59"),
        ('cron: "0 0 13 * 5"', ".cron: found both a day of the month (13) and a weekday (5)", "celery#4307"),
        (
            'cron: "0 0 31 2 *"',
            ".cron: found '0 0 31 2 *'",
            "a day that the month has",
        ),
        ('cron: "0 6 * * *", timezone: Berlin', ".timezone: found 'Berlin'", "Europe/Berlin"),
        ("every: 5m, timezone: UTC", ".timezone: found a time zone without cron", "for cron only"),
        ("every: often", ".every: found 'often'", "30s, 5m, 1h30m"),
        ("every: 0s", ".every: found '0s'", "30s, 5m, 1h30m"),
        ('every: 5m, cron: "0 6 * * *"', ": found cron and every", "exactly one of: cron, every, solar"),
        ("args: [1]", ": found no time", "exactly one of: cron, every, solar"),
        ("solar: {event: moonrise, lat: 1, lon: 1}", ".solar.event: found 'moonrise'", "sunrise"),
        ("solar: {event: sunset, lat: 91, lon: 1}", ".solar.lat: found 91", "90"),
        ("every: 5m, queue: nightli", ".queue: found 'nightli'", "one of: default, effects"),
        ("every: 5m, options: {priority: 9}", ".options.priority: found 9 on a queue without priorities", "0 to 4"),
        ("every: 5m, options: {countdown: 9}", ".options.countdown: found an unknown key", "expires_seconds, priority"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_path_and_what_is_allowed(
    edit_prod: Edit, said: str, path: str, allowed: str
) -> None:
    edit_prod(ENTRY, f"{WITHOUT_TIME}, {said}}}")

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert f"schedule.every_night{path}" in str(refused.value)
    assert allowed in str(refused.value)


def test_a_task_that_no_route_matches_needs_a_queue(edit_prod: Edit) -> None:
    edit_prod(ENTRY, "every_night: {task: nobody.knows, every: 5m}")

    with pytest.raises(EnvironmentFileError, match=r"schedule\.every_night\.queue: found no queue for task nobody"):
        load("prod")


def test_the_resolved_entry_has_everything_beat_needs(edit_prod: Edit) -> None:
    edit_prod(
        ENTRY, f"{WITHOUT_TIME}, every: 1h30m, args: [1, a], kwargs: {{b: [2]}}, options: {{expires_seconds: 60}}}}"
    )

    assert resolve(load("prod"))["schedule"]["every_night"] == {
        "task": "exercises.nightly.summary", "queue": None, "cron": None, "every_seconds": 5400, "solar": None,
        "timezone": None, "args": [1, "a"], "kwargs": {"b": [2]},
        "options": {"expires_seconds": 60, "priority": None},
    }  # fmt: skip
