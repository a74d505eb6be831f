"""What beat sends: the application's own `beat_schedule`, as it is, and the entries of the environment file."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from celery.exceptions import ImproperlyConfigured
from celery.schedules import BaseSchedule, crontab, schedule, solar

from celery_platform.errors import ApplicationError, RefusedMessageError, SettingsError
from celery_platform.routes import queue_of_call
from celery_platform.settings import runtime

_OF_FILE = "_platform_schedule"


def add_schedule_of_file(app: Any) -> Mapping[str, Any]:
    """Add the file's entries to the application's `beat_schedule`, and return all of them; a second call adds none.

    For beat, and for who shows what beat does: after the application is imported and finalized, when its handlers of
    `on_after_configure` and `on_after_finalize` have added theirs.

    Raises:
        SettingsError: both say an entry of the same name, an entry has no queue, or needs a package that is missing.

    Example: `add_schedule_of_file(application())["daily_report"]["task"]`
    """
    entries: Mapping[str, Any] = app.conf.beat_schedule or {}
    ours = vars(app).setdefault(_OF_FILE, {})
    both = [name for name in runtime().environment.schedule if entries.get(name, ours.get(name)) is not ours.get(name)]
    if both:
        raise SettingsError(
            expected="each scheduled entry to be said once",
            found=f"in beat_schedule of the application and in schedule of the environment file: {', '.join(both)}",
            remedy="Take it out of one of them, or give it another name.",
        )
    ours |= {name: _entry(name, said) for name, said in runtime().environment.schedule.items() if name not in ours}
    # A dict of its own: Celery's default is one for all applications of a process.
    app.conf.beat_schedule = {**entries, **ours}
    _refuse_without_queue(app, app.conf.beat_schedule)
    return app.conf.beat_schedule  # type: ignore[no-any-return]


def refuse_unknown_tasks(app: Any, entries: Mapping[str, Any]) -> None:
    """Compare the schedule's entries with the tasks that the application has, all of them imported.

    Raises:
        ApplicationError: naming each entry whose task is none of them.

    Example: `refuse_unknown_tasks(celery, add_schedule_of_file(celery))`
    """
    unknown = [f"{name}: {entry['task']}" for name, entry in entries.items() if entry["task"] not in app.tasks]
    if unknown:
        raise ApplicationError(
            expected="every scheduled task to be one of the application's",
            found=f"none of these names: {'; '.join(unknown)}",
            remedy="Correct the name, or take the entry out: of schedule in the environment file, or of "
            "beat_schedule in the application.",
        )


def _entry(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    options = said["options"]
    given = {"queue": said["queue"], "expires": options["expires_seconds"], "priority": options["priority"]}
    return {
        "task": said["task"],
        "schedule": _when(name, said),
        "args": tuple(said["args"]),
        "kwargs": dict(said["kwargs"]),
        "options": {option: value for option, value in given.items() if value is not None},
    }


def _when(name: str, said: Mapping[str, Any]) -> BaseSchedule:
    if said["every_seconds"] is not None:
        return schedule(said["every_seconds"])
    if said["solar"] is not None:
        try:
            return solar(**said["solar"])
        except ImproperlyConfigured as error:
            raise SettingsError(
                expected=f"the package ephem, which computes schedule.{name}.solar",
                found=str(error),
                remedy="Add ephem, or celery[solar], to the application's requirements.",
            ) from None
    minute, hour, day, month, weekday = said["cron"].split()
    made = crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday)
    if said["timezone"] is not None:
        # Otherwise its application's. Every computation of Celery's asks this property.
        vars(made)["tz"] = ZoneInfo(said["timezone"])
    return made


def _refuse_without_queue(app: Any, entries: Mapping[str, Any]) -> None:
    problems = []
    for name, entry in entries.items():
        said = dict(entry)
        try:
            queue_of_call(app, said["task"], said.get("options") or {})
        except (RefusedMessageError, SettingsError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsError(
            expected="every scheduled task to have a queue",
            found="; ".join(problems),
            remedy="Beat would try to send it at each of its turns, and fail.",
        )
