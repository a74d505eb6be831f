"""The schedule of beat: the application's own `beat_schedule`, unchanged, and the entries of the environment file."""

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
    """Add the file's entries to the application's `beat_schedule` and return all entries. A second call adds none.

    Call it after the application is imported and finalized, when its handlers of `on_after_configure` and
    `on_after_finalize` have added their entries.

    Raises:
        SettingsError: both define an entry of the same name, an entry has no queue, or it needs a missing package.

    Example: `add_schedule_of_file(application())["daily_report"]["task"]`
    """
    entries: Mapping[str, Any] = app.conf.beat_schedule or {}
    ours = vars(app).setdefault(_OF_FILE, {})
    both = [name for name in runtime().environment.schedule if entries.get(name, ours.get(name)) is not ours.get(name)]
    if both:
        raise SettingsError(
            expected="each scheduled entry to be defined once",
            found=f"in beat_schedule of the application and in schedule of the environment file: {', '.join(both)}",
            remedy="Remove it from one of them, or give it another name.",
        )
    ours |= {
        name: _entry(name, declared) for name, declared in runtime().environment.schedule.items() if name not in ours
    }
    # A new dict, because Celery's default dict is shared by all applications of a process.
    app.conf.beat_schedule = {**entries, **ours}
    _refuse_without_queue(app, app.conf.beat_schedule)
    return app.conf.beat_schedule  # type: ignore[no-any-return]


def refuse_unknown_tasks(app: Any, entries: Mapping[str, Any]) -> None:
    """Check that the application has the tasks of all schedule entries. Its task modules must be imported.

    Raises:
        ApplicationError: it lists each entry whose task the application does not have.

    Example: `refuse_unknown_tasks(celery, add_schedule_of_file(celery))`
    """
    unknown = [f"{name}: {entry['task']}" for name, entry in entries.items() if entry["task"] not in app.tasks]
    if unknown:
        raise ApplicationError(
            expected="every scheduled task to be one of the application's",
            found=f"none of these names: {'; '.join(unknown)}",
            remedy="Correct the name, or remove the entry from schedule in the environment file or from "
            "beat_schedule in the application.",
        )


def _entry(name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    options = declared["options"]
    given = {"queue": declared["queue"], "expires": options["expires_seconds"], "priority": options["priority"]}
    return {
        "task": declared["task"],
        "schedule": _when(name, declared),
        "args": tuple(declared["args"]),
        "kwargs": dict(declared["kwargs"]),
        "options": {option: value for option, value in given.items() if value is not None},
    }


def _when(name: str, declared: Mapping[str, Any]) -> BaseSchedule:
    if declared["every_seconds"] is not None:
        return schedule(declared["every_seconds"])
    if declared["solar"] is not None:
        try:
            return solar(**declared["solar"])
        except ImproperlyConfigured as error:
            raise SettingsError(
                expected=f"the package ephem, which computes schedule.{name}.solar",
                found=str(error),
                remedy="Add ephem, or celery[solar], to the application's requirements.",
            ) from None
    minute, hour, day, month, weekday = declared["cron"].split()
    made = crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday)
    if declared["timezone"] is not None:
        # Otherwise it is the application's. All of Celery's computations use this property.
        vars(made)["tz"] = ZoneInfo(declared["timezone"])
    return made


def _refuse_without_queue(app: Any, entries: Mapping[str, Any]) -> None:
    problems = []
    for name, entry in entries.items():
        declared = dict(entry)
        try:
            queue_of_call(app, declared["task"], declared.get("options") or {})
        except (RefusedMessageError, SettingsError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsError(
            expected="every scheduled task to have a queue",
            found="; ".join(problems),
            remedy="Give it a queue, or add a route: otherwise beat would fail to send it each time.",
        )
