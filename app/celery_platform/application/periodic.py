"""The periodic entries of an environment: its file's and its application's own, and when each runs next."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from celery.schedules import crontab, maybe_schedule, solar

from celery_platform.application.loading import application, import_tasks
from celery_platform.attachment.schedule import add_schedule_of_file
from celery_platform.routes import queue_of_call


@dataclass(frozen=True)
class PeriodicEntry:
    """An entry: `queue` is a label, `when` in words, `next` the next runs in UTC (ISO 8601)."""

    name: str
    task: str
    queue: str
    when: str
    next: list[str]

    def as_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def declared_entries() -> Mapping[str, Any]:
    """Celery's entries by name, of the environment file and of the application, which is imported.

    Raises:
        ApplicationError: the application cannot be imported.
        SettingsError: both define an entry of the same name, or an entry has no queue.
    """
    celery = application()
    import_tasks(celery)
    return add_schedule_of_file(celery)


def periodic_entries(times: int) -> list[PeriodicEntry]:
    """All entries, each with its next `times` runs.

    Raises:
        ApplicationError, SettingsError: as `declared_entries`.

    Example: `periodic_entries(1)[0].next`
    """
    return [_periodic(name, entry, times) for name, entry in declared_entries().items()]


def _periodic(name: str, stated: Mapping[str, Any], times: int) -> PeriodicEntry:
    entry, celery = dict(stated), application()
    when = maybe_schedule(entry["schedule"], entry.get("relative", False), app=celery)
    return PeriodicEntry(
        name,
        entry["task"],
        queue_of_call(celery, entry["task"], entry.get("options") or {}).label,
        in_words(when),
        [moment.astimezone(UTC).isoformat(timespec="seconds") for moment in next_runs(when, datetime.now(UTC), times)],
    )


def in_words(schedule: Any) -> str:
    """Describe when a schedule sends, as its author wrote it.

    Example: `in_words(crontab(minute="*/5")) == "*/5 * * * *"`
    """
    if isinstance(schedule, crontab):
        names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
        fields = " ".join(str(getattr(schedule, f"_orig_{name}")).replace(" ", "") for name in names)
        zone = str(schedule.tz)
        return fields if zone == "UTC" else f"{fields} {zone}"
    if isinstance(schedule, solar):
        return f"{schedule.event} at {schedule.lat}, {schedule.lon}"
    every = getattr(schedule, "human_seconds", None)
    return f"every {every}" if every else repr(schedule)


def next_runs(schedule: Any, after: datetime, times: int) -> list[datetime]:
    """Return the next `times` moments of a Celery schedule that last sent at `after`, a moment with a time zone.

    Example: `next_runs(crontab(minute="*/5"), datetime(2026, 11, 23, 12, 1, tzinfo=UTC), 1)` is 12:05
    """
    found: list[datetime] = []
    own, moment = schedule.nowfun, after
    try:
        schedule.nowfun = lambda: moment
        for _ in range(times):
            left = schedule.remaining_estimate(moment.astimezone(schedule.tz))
            if left is None:
                break
            moment = moment + left
            found.append(moment)
    finally:
        schedule.nowfun = own
    return found
