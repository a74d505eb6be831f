"""What beat makes of an entry: the code's definition, the store's last turn, also when clocks change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.schedules import BaseSchedule, crontab, solar
from celery_platform.worker.beat import Scheduler
from celery_platform.worker.beat_entry import Entry
from redbeat.schedulers import RedBeatScheduler, get_redis

# Summer time ends in Berlin at 01:00 UTC: the hour from 02:00 to 03:00 comes twice.
CHANGE = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


class Odd(BaseSchedule):
    """An application's own kind of schedule."""

    def remaining_estimate(self, _last_run_at: datetime) -> timedelta:
        return timedelta(seconds=7)

    def is_due(self, last_run_at: datetime) -> Any:
        return False, self.remaining_estimate(last_run_at).total_seconds()


@pytest.fixture
def app(plain_results: str) -> Iterator[Celery]:
    """An application in Berlin, whose clock stands where a test puts it."""
    app = Celery("berlin", broker="memory://", set_as_current=False)
    app.conf.update(timezone="Europe/Berlin", redbeat_redis_url=plain_results, redbeat_key_prefix="test-entry:")
    yield app
    store = get_redis(app)
    for key in store.scan_iter("test-entry:*"):
        store.delete(key)


def stand_at(app: Any, moment: datetime) -> None:
    app.now = lambda: moment.astimezone(app.timezone)


def last_sent(app: Any, scheduler: Any, schedule: Any, moment: datetime) -> Any:
    """The entry as beat reads it back after it was sent at a moment."""
    app.conf.beat_schedule = {"entry": {"task": "t", "schedule": schedule}}
    stand_at(app, moment)
    made = scheduler(app)
    made.Entry.from_key("test-entry:entry", app=app).reschedule()
    return made.Entry.from_key("test-entry:entry", app=app)


def test_an_interval_is_not_sent_again_in_the_hour_that_comes_twice(app: Celery) -> None:
    twice = CHANGE + timedelta(minutes=30)  # 02:30 for the second time
    entry = last_sent(app, Scheduler, timedelta(hours=1), twice)

    # Moments of such an hour are never equal to those of other zones (PEP 495).
    assert (entry.last_run_at.timestamp(), entry.is_due().is_due) == (twice.timestamp(), False)


def test_redbeat_alone_sends_it_again(app: Celery) -> None:
    entry = last_sent(app, RedBeatScheduler, timedelta(hours=1), CHANGE + timedelta(minutes=30))

    assert entry.is_due().is_due, "redbeat keeps times in UTC now: beat_entry.py need not"


def test_a_daily_entry_comes_at_its_hour_on_the_day_of_the_change(app: Celery) -> None:
    entry = last_sent(app, Scheduler, crontab(minute="0", hour="6"), CHANGE - timedelta(hours=21))  # Saturday 06:00

    assert entry.due_at == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)  # 06:00 in winter


def test_redbeat_alone_sends_it_an_hour_late(app: Celery) -> None:
    entry = last_sent(app, RedBeatScheduler, crontab(minute="0", hour="6"), CHANGE - timedelta(hours=21))

    assert entry.due_at.astimezone(UTC).hour == 6, "redbeat adds times right now: beat_entry.py need not"


@pytest.mark.parametrize("schedule", [solar("sunset", 52.5, 13.4), Odd()], ids=["solar", "own"])
def test_a_schedule_that_json_has_no_form_for_is_the_codes(app: Celery, schedule: BaseSchedule) -> None:
    entry = last_sent(app, Scheduler, schedule, CHANGE)

    assert entry.schedule is schedule
    assert entry.due_at > CHANGE


def test_an_entry_that_the_code_has_no_more_disappears(app: Celery) -> None:
    stand_at(app, CHANGE)
    app.conf.beat_schedule = {name: {"task": "t", "schedule": 5.0} for name in ("old", "stays")}
    Scheduler(app)
    app.conf.beat_schedule = {"stays": {"task": "t", "schedule": 5.0}}
    stand_at(app, CHANGE + timedelta(minutes=1))

    assert set(Scheduler(app).schedule) == {"stays"}


def test_arguments_and_options_are_the_codes(app: Celery) -> None:
    stated = {"task": "t", "schedule": 5.0, "args": (1, {2}), "kwargs": {"a": b"3"}, "options": {"expires": 9}}
    app.conf.beat_schedule = {"entry": stated}
    stand_at(app, CHANGE)
    Scheduler(app)

    entry = Entry.from_key("test-entry:entry", app=app)
    assert (entry.args, entry.kwargs, entry.options) == ((1, {2}), {"a": b"3"}, {"expires": 9})
