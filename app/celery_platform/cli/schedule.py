"""`app schedule`: lists scheduled and long delayed tasks, runs an entry now, cancels a delayed task."""

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery_platform.later.message import Kept

schedule = typer.Typer(help="Scheduled and delayed tasks: list when they run, run one now, cancel one.",
                       no_args_is_help=True, rich_markup_mode=None)  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
KEPT = ("delayed", "task", "queue", "due (UTC)", "asked by")
# Rows of the table; --json lists all.
SHOWN_KEPT = 100


@schedule.command(name="list")
def list_(env: Env = "", times: Annotated[int, typer.Option(min=1, max=50, help="how many next runs")] = 1,
          as_json: AsJson = False) -> None:  # fmt: skip
    """List the schedule with the next runs, and the delayed messages that are not due yet, in UTC."""
    choose(env)
    from itertools import islice

    from celery_platform.application.periodic import periodic_entries
    from celery_platform.later import later_store
    from celery_platform.output import say, show_json, show_table

    periodic = [entry.as_json() for entry in periodic_entries(times)]
    kept = (_shown(each) for each in later_store().all())
    if as_json:
        return show_json({"periodic": periodic, "kept": list(kept)})
    show_table(
        ("name", "task", "queue", "when", "next (UTC)"),
        ((*list(entry.values())[:4], "\n".join(entry["next"])) for entry in periodic),
    )
    rows = list(islice(kept, SHOWN_KEPT + 1))
    if rows:
        show_table(KEPT, (tuple(row.values()) for row in rows[:SHOWN_KEPT]))
    if len(rows) > SHOWN_KEPT:
        say(f"and more than these {SHOWN_KEPT}: --json lists them all")
    return None


@schedule.command()
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="an entry of the schedule")],
    env: Env = "",
    slot: Annotated[str, typer.Option(help="the slot to run, as in 2026-11-23T12:05")] = "",
) -> None:
    """Send an entry's task now. A task that runs once for each slot does nothing for a slot that has been run."""
    choose(env)
    from celery_platform.application import application
    from celery_platform.application.periodic import declared_entries
    from celery_platform.errors import SettingsError
    from celery_platform.output import say

    entries = declared_entries()
    if name not in entries:
        raise SettingsError(
            expected="an entry of the schedule", found=repr(name), remedy=f"Use one of: {', '.join(entries) or 'none'}."
        )
    entry = dict(entries[name])
    arguments = (slot,) if slot else entry.get("args") or ()
    options = entry.get("options") or {}
    sent = application().send_task(entry["task"], arguments, entry.get("kwargs") or {}, **options)
    say(f"sent {entry['task']}: {sent.id}")


@schedule.command()
def cancel(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="ids of delayed tasks, as `list` shows them")],
    env: Env = "", yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
) -> None:  # fmt: skip
    """Cancel delayed messages that are not due yet; their state becomes REVOKED. Exit 1 when none is found."""
    choose(env)
    from celery_platform.application import platform_alone
    from celery_platform.later import later_store
    from celery_platform.output import say, show_table

    store = later_store()
    found = [kept for task_id in ids for kept in store.of_task(task_id)]
    missing = sorted(set(ids) - {kept.message.task_id for kept in found})
    if missing:
        say(f"not kept (sent already, cancelled, or never delayed for long): {', '.join(missing)}")
    if not found:
        raise typer.Exit(1)
    show_table(KEPT, (tuple(_shown(kept).values()) for kept in found))
    if not yes:
        typer.confirm(f"cancel {len(found)}?", abort=True)
    done = 0
    for kept in found:
        if store.remove(kept.entry):
            done += 1
            ignored = kept.message.headers.get("ignore_result")
            platform_alone().backend.mark_as_revoked(kept.message.task_id, "cancelled", store_result=not ignored)
    say(f"cancelled {done} of {len(found)}" + ("" if done == len(found) else "; the others were sent meanwhile"))


def _shown(kept: "Kept") -> dict[str, Any]:
    return {
        "id": kept.message.task_id,
        "task": kept.task,
        "queue": kept.queue,
        "due": kept.due.astimezone(UTC).isoformat(timespec="seconds"),
        "asked_by": kept.asked_by,
    }
