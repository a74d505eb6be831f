"""An entry has the code's definition and the last turn from the store, even across clock changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.schedules import BaseSchedule, crontab, solar
from celery_platform.worker.beat import Scheduler
from celery_platform.worker.beat_entry import Entry
from redbeat.schedulers import RedBeatScheduler, get_redis

# Daylight saving time ends in Berlin at 01:00 UTC: the hour from 02:00 to 03:00 occurs twice.
CHANGE = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


class Odd(BaseSchedule):
    """A schedule class of the application."""

    def remaining_estimate(self, _last_run_at: datetime) -> timedelta:
        return timedelta(seconds=7)

    def is_due(self, last_run_at: datetime) -> Any:
        return False, self.remaining_estimate(last_run_at).total_seconds()


@pytest.fixture
def app(plain_results: str) -> Iterator[Celery]:
    """An application in the time zone of Berlin, with a clock that tests set."""
    app = Celery("berlin", broker="memory://", set_as_current=False)
    app.conf.update(timezone="Europe/Berlin", redbeat_redis_url=plain_results, redbeat_key_prefix="test-entry:")
    yield app
    store = get_redis(app)
    for key in store.scan_iter("test-entry:*"):
        store.delete(key)


def stand_at(app: Any, moment: datetime) -> None:
    app.now = lambda: moment.astimezone(app.timezone)


def last_sent(app: Any, scheduler: Any, schedule: Any, moment: datetime) -> Any:
    """The entry as beat reads it back after it was sent at this time."""
    app.conf.beat_schedule = {"entry": {"task": "t", "schedule": schedule}}
    stand_at(app, moment)
    made = scheduler(app)
    made.Entry.from_key("test-entry:entry", app=app).reschedule()
    return made.Entry.from_key("test-entry:entry", app=app)


def test_an_interval_is_not_sent_again_in_the_repeated_hour(app: Celery) -> None:
    twice = CHANGE + timedelta(minutes=30)  # 02:30 for the second time
    entry = last_sent(app, Scheduler, timedelta(hours=1), twice)

    # Times in such an hour never equal those of other zones (PEP 495).
    assert (entry.last_run_at.timestamp(), entry.is_due().is_due) == (twice.timestamp(), False)


def test_redbeat_alone_sends_it_again(app: Celery) -> None:
    entry = last_sent(app, RedBeatScheduler, timedelta(hours=1), CHANGE + timedelta(minutes=30))

    assert entry.is_due().is_due, "redbeat now keeps times in UTC, so beat_entry.py is unnecessary"


def test_a_daily_entry_comes_at_its_hour_on_the_day_of_the_change(app: Celery) -> None:
    entry = last_sent(app, Scheduler, crontab(minute="0", hour="6"), CHANGE - timedelta(hours=21))  # Saturday 06:00

    assert entry.due_at == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)  # 06:00 in winter


def test_redbeat_alone_sends_it_an_hour_late(app: Celery) -> None:
    entry = last_sent(app, RedBeatScheduler, crontab(minute="0", hour="6"), CHANGE - timedelta(hours=21))

    assert entry.due_at.astimezone(UTC).hour == 6, "redbeat now adds times correctly, so beat_entry.py is unnecessary"


@pytest.mark.parametrize("schedule", [solar("sunset", 52.5, 13.4), Odd()], ids=["solar", "own"])
def test_a_schedule_that_json_cannot_represent_comes_from_the_code(app: Celery, schedule: BaseSchedule) -> None:
    entry = last_sent(app, Scheduler, schedule, CHANGE)

    assert entry.schedule is schedule
    assert entry.due_at > CHANGE


def test_an_entry_that_was_removed_from_the_code_disappears(app: Celery) -> None:
    stand_at(app, CHANGE)
    app.conf.beat_schedule = {name: {"task": "t", "schedule": 5.0} for name in ("old", "stays")}
    Scheduler(app)
    app.conf.beat_schedule = {"stays": {"task": "t", "schedule": 5.0}}
    stand_at(app, CHANGE + timedelta(minutes=1))

    assert set(Scheduler(app).schedule) == {"stays"}


def test_arguments_and_options_come_from_the_code(app: Celery) -> None:
    stated = {"task": "t", "schedule": 5.0, "args": (1, {2}), "kwargs": {"a": b"3"}, "options": {"expires": 9}}
    app.conf.beat_schedule = {"entry": stated}
    stand_at(app, CHANGE)
    Scheduler(app)

    entry = Entry.from_key("test-entry:entry", app=app)
    assert (entry.args, entry.kwargs, entry.options) == ((1, {2}), {"a": b"3"}, {"expires": 9})
