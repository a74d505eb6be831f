"""`app schedule`: what runs when, and running an entry now."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery.schedules import crontab

schedule = typer.Typer(help="Scheduled tasks: when they run next, and running one now.", no_args_is_help=True,
                       rich_markup_mode=None)  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


@schedule.command(name="list")
def list_(env: Env = "", times: Annotated[int, typer.Option(min=1, max=50, help="how many next runs")] = 1,
          as_json: AsJson = False) -> None:  # fmt: skip
    """List the schedule with the next runs, in UTC."""
    choose(env)
    from celery_platform.application import application
    from celery_platform.cli.output import show_json, show_table
    from celery_platform.settings import runtime

    now = datetime.now(UTC)
    entries = [
        {
            "name": name,
            "task": entry["task"],
            "queue": runtime().environment.schedule[name]["queue"],
            "cron": runtime().environment.schedule[name]["cron"],
            "next": [moment.isoformat(timespec="minutes") for moment in next_runs(entry["schedule"], now, times)],
        }
        for name, entry in application().conf.beat_schedule.items()
    ]
    if as_json:
        return show_json(entries)
    return show_table(
        ("name", "task", "queue", "cron", "next (UTC)"),
        ((*list(entry.values())[:4], "\n".join(entry["next"])) for entry in entries),
    )


@schedule.command()
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="an entry of the schedule")],
    env: Env = "",
    slot: Annotated[str, typer.Option(help="the slot to make up for, as in 2026-11-23T12:05")] = "",
) -> None:
    """Send an entry's task now. A task that runs once for each slot does nothing for a slot that it ran for."""
    choose(env)
    from celery_platform.application import application
    from celery_platform.cli.output import say
    from celery_platform.cli.tasks import chosen_task
    from celery_platform.errors import SettingsError

    entries = application().conf.beat_schedule
    if name not in entries:
        raise SettingsError(
            expected="an entry of the schedule", found=repr(name), remedy=f"Use one of: {', '.join(entries) or 'none'}."
        )
    sent = chosen_task(entries[name]["task"]).apply_async((slot,) if slot else ())
    say(f"sent {entries[name]['task']}: {sent.id}")


def next_runs(schedule: "crontab", after: datetime, times: int) -> list[datetime]:
    """The next `times` moments of a crontab after a moment that has its zone.

    Example: `next_runs(crontab(minute="*/5"), datetime(2026, 11, 23, 12, 1, tzinfo=UTC), 1)` is 12:05
    """
    found: list[datetime] = []
    moment = after
    for _ in range(times):
        last, until_next, _now = schedule.remaining_delta(moment)
        moment = last + until_next
        found.append(moment)
    return found
