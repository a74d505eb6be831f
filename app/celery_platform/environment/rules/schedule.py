"""Rules about the schedule: entries that beat could not read, or would send at a different time than intended."""

from collections.abc import Iterator
from zoneinfo import available_timezones

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.schedule import UNITS
from celery_platform.environment.patterns import Patterns

# Celery user guide, "Crontab schedules", in the order of the fields.
FIELDS = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day_of_month", "1-31"),
    ("month_of_year", "1-12 or jan-dec"),
    ("day_of_week", "0-6 or sun-sat, 0 is Sunday"),
)
HIGH_PRIORITY = 5
# Beat adds the interval to today's date, which overflows for huge intervals. A longer one is surely a typing error.
LONGEST_INTERVAL_DAYS = 3_650


def schedule_entry_has_one_time(env: Environment) -> Iterator[Problem]:
    """Two times would contradict each other, and an entry without one would never run."""
    for name, entry in env.schedule.items():
        said = [way for way in ("cron", "every", "solar") if getattr(entry, way) is not None]
        if len(said) != 1:
            yield Problem(f"schedule.{name}", " and ".join(said) or "no time", "exactly one of: cron, every, solar")
        if (entry.every_seconds or 0) > LONGEST_INTERVAL_DAYS * UNITS["d"]:
            yield Problem(f"schedule.{name}.every", repr(entry.every), f"at most {LONGEST_INTERVAL_DAYS}d")
        if entry.every_seconds == 0:
            yield Problem(f"schedule.{name}.every", repr(entry.every), "an interval such as 30s, 5m, 1h30m or 7d")


def cron_is_celerys(env: Environment) -> Iterator[Problem]:
    """Beat would exit with a traceback on a crontab that Celery does not accept. Celery sends if day and weekday match.

    Refused by: Celery, celery.schedules.crontab; a day and a weekday by nobody (celery#4307).
    """
    for name, entry in env.schedule.items():
        if entry.cron is not None:
            yield from _problems(f"schedule.{name}.cron", entry.cron)


def _problems(path: str, cron: str) -> Iterator[Problem]:
    from celery.schedules import crontab  # imported here because it loads slowly and few files need it

    fields = cron.split()
    if len(fields) != len(FIELDS):
        yield Problem(path, repr(cron), f"five fields: {', '.join(name for name, _ in FIELDS)}")
        return
    try:
        crontab(**dict(zip((name for name, _ in FIELDS), fields, strict=True)))
    except Exception as error:
        # Celery's parser raises several types: ParseException, ValueError, ZeroDivisionError. Its messages are about
        # its own code ("Invalid weekday literal" for an hour).
        wrong = list(_wrong_fields(path, fields))
        yield from wrong or [Problem(path, f"{cron!r} ({error})", "a day that the month has")]
        return
    if "*" not in (fields[2], fields[4]):
        yield Problem(
            path,
            f"both a day of the month ({fields[2]}) and a weekday ({fields[4]})",
            "one of them, the other *: Celery sends when both match, cron when either does (celery#4307)",
        )


def _wrong_fields(path: str, fields: list[str]) -> Iterator[Problem]:
    from celery.schedules import crontab

    for (name, allowed), field in zip(FIELDS, fields, strict=True):
        try:
            crontab(**{name: field})
        except Exception:
            yield Problem(path, f"{field!r} for {name}", f"{allowed}; *, lists, ranges and steps of these")


def time_zone_is_known(env: Environment) -> Iterator[Problem]:
    """Beat would fail when it starts. Only `cron` needs a time zone: an interval has the same length in every zone.

    Refused by: Celery, when beat starts (the tz database).
    """
    for name, entry in env.schedule.items():
        if entry.timezone is None:
            continue
        if entry.timezone not in available_timezones():
            yield Problem(
                f"schedule.{name}.timezone",
                repr(entry.timezone),
                "a name of the tz database, such as Europe/Berlin",
            )
        elif entry.cron is None:
            yield Problem(f"schedule.{name}.timezone", "a time zone without cron", "a time zone for cron only")


def scheduled_task_has_a_queue(env: Environment) -> Iterator[Problem]:
    """Beat would publish to a queue that does not exist, or with a priority that the queue ignores.

    Refused by: the broker, or nobody: Redis loses the message.
    """
    routes = Patterns(route.tasks for route in env.application.routes)
    for name, entry in env.schedule.items():
        label = entry.queue or _route(env, routes.first(entry.task))
        if label is None:
            allowed = "a queue, a pattern in application.routes, or application.default_queue"
            yield Problem(f"schedule.{name}.queue", f"no queue for task {entry.task}", allowed)
        elif entry.queue is not None and label not in env.queues:
            yield Problem(f"schedule.{name}.queue", repr(label), f"one of: {', '.join(sorted(env.queues))}")
        elif (
            label in env.queues and (entry.options.priority or 0) >= HIGH_PRIORITY and env.queues[label].priorities == 1
        ):
            found = f"{entry.options.priority} on a queue without priorities"
            yield Problem(f"schedule.{name}.options.priority", found, f"queues.{label}.priorities: 2, or 0 to 4")


def _route(env: Environment, number: int | None) -> str | None:
    return env.application.default_queue if number is None else env.application.routes[number].queue


RULES = (schedule_entry_has_one_time, cron_is_celerys, time_zone_is_known, scheduled_task_has_a_queue)
