"""`app dlq`: list messages that failed for good, send them again, remove them, write them to a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.duration import seconds
from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery_platform.brokers.dead_lettered.held import Held
    from celery_platform.dead_letters.choice import Choice

dlq = typer.Typer(
    help="Messages that failed for good: list them, send them again, remove them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Queue = Annotated[str, typer.Option("--queue", "-q", metavar="LABEL", help="only of this queue (default, slow, ...)")]
Task = Annotated[str, typer.Option("--task", "-t", metavar="NAME", help="only of this task; * and ? match any")]
Error = Annotated[str, typer.Option("--error", "-e", metavar="TEXT", help="only with this text in the reason")]
Older = Annotated[str | None, typer.Option("--older-than", metavar="AGE", help="failed longer ago: 90s, 15m, 2h, 3d")]
Newer = Annotated[str | None, typer.Option("--newer-than", metavar="AGE", help="failed since then")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="task ids; if none, all that are chosen")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]

SHORT_REASON = 100


def _choice(ids: list[str] | None, task: str, error: str, older: str | None, newer: str | None) -> "Choice":
    from celery_platform.dead_letters.choice import Choice

    return Choice(frozenset(ids or ()), task, error, seconds(older), seconds(newer))


@contextmanager
def _messages(env: str, queue: str, choice: "Choice") -> Iterator[Iterator["Held"]]:
    """Yield the chosen dead-lettered messages, on a connection of their own."""
    choose(env)
    from celery_platform.application import platform_alone
    from celery_platform.cli.queues import chosen_queues
    from celery_platform.dead_letters.reading import held_messages

    with platform_alone().connection_for_read() as connection:
        messages = held_messages(connection, chosen_queues(queue), choice)
        try:
            yield messages
        finally:
            messages.close()  # type: ignore[attr-defined] # a generator: gives back what it holds


@dlq.command(name="list")
def list_(
    env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, limit: Annotated[int, typer.Option(min=1, help="show at most so many")] = 50,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List dead-lettered messages, oldest first in each queue. They stay where they are."""
    from celery_platform.output import age_of, say, show_json, show_table

    with _messages(env, queue, _choice(None, task, error, older_than, newer_than)) as messages:
        found = [held.message for _, held in zip(range(limit + 1), messages, strict=False)]
    shown = found[:limit]
    if as_json:
        return show_json([message.as_json() for message in shown])
    if not shown:
        return say("no dead-lettered messages")
    show_table(
        ("queue", "id", "task", "age", "attempts", "reason"),
        (
            (each.queue, each.id, each.task or "?", age_of(each.failed_at or each.sent_at), each.attempts,
             each.reason[:SHORT_REASON])
            for each in shown
        ),
        numbers=("attempts",),
    )  # fmt: skip
    plural = "" if len(shown) == 1 else "s"
    return say(
        f"{len(shown)} dead-lettered message{plural}" + (", and more: see --limit" if len(found) > limit else "")
    )


@dlq.command()
def show(id_: Annotated[str, typer.Argument(metavar="ID")], env: Env = "", queue: Queue = "") -> None:
    """Print a dead-lettered message as JSON, with traceback, arguments and headers. Exit 1 when it is not there."""
    from celery_platform.output import say, show_json

    with _messages(env, queue, _choice([id_], "*", "", None, None)) as messages:
        found = [held.message.as_json() for held in messages]
    if not found:
        say(f"no dead-lettered message with id {id_}", style="red")
        raise typer.Exit(1)
    show_json(found[0] if len(found) == 1 else found)


@dlq.command()
def replay(
    ids: Ids = None, env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, rate: Annotated[float, typer.Option(min=0.5, help="messages a second")] = 20.0,
    dry_run: DryRun = False, yes: Yes = False,
) -> None:  # fmt: skip
    """Send dead-lettered messages to their queues again, with all their retries. Exit 1 when none was chosen.

    Each is sent first and removed afterwards. An interruption loses nothing, and at most one message is sent twice.
    """
    choice = _choice(ids, task, error, older_than, newer_than)
    total = _confirmed("replay", env, queue, choice, dry_run=dry_run, yes=yes)
    from celery_platform.application import platform_alone
    from celery_platform.dead_letters.replaying import replay as replayed
    from celery_platform.output import say

    with _messages(env, queue, choice) as messages, _progress("replayed", total) as advance:
        done = sum(advance(message) for message in replayed(platform_alone(), messages, per_second=rate))
    say(f"replayed {done} of {total}" + ("" if done == total else "; messages of no task stay"))


@dlq.command()
def purge(
    ids: Ids = None, env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, dry_run: DryRun = False, yes: Yes = False,
) -> None:  # fmt: skip
    """Remove dead-lettered messages for good. Exit 1 when none was chosen. `app dlq export` keeps a copy."""
    choice = _choice(ids, task, error, older_than, newer_than)
    total = _confirmed("remove", env, queue, choice, dry_run=dry_run, yes=yes)
    from celery_platform.output import say

    with _messages(env, queue, choice) as messages, _progress("removed", total) as advance:
        done = sum(advance(held) for held in messages if held.remove())
    say(f"removed {done} of {total}")


@dlq.command()
def export(
    file: Annotated[Path, typer.Argument(help="where to write, one JSON object in a line")], env: Env = "",
    queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None, newer_than: Newer = None,
) -> None:  # fmt: skip
    """Write dead-lettered messages to a file. They stay where they are. Exit 1 when none was chosen."""
    import json

    from celery_platform.output import say

    with (
        _messages(env, queue, _choice(None, task, error, older_than, newer_than)) as messages,
        file.open("w", encoding="utf-8") as sink,
    ):
        number = 0
        for held in messages:
            sink.write(json.dumps(held.message.as_json(), default=str) + "\n")
            number += 1
    say(f"wrote {number} dead-lettered messages to {file}")
    if not number:
        raise typer.Exit(1)


def _confirmed(verb: str, env: str, queue: str, choice: "Choice", *, dry_run: bool, yes: bool) -> int:
    """Count the chosen messages and ask; ends the command when there is nothing to do or the answer is no."""
    from collections import Counter

    from celery_platform.output import say, show_table

    with _messages(env, queue, choice) as messages:
        found = (held.message for held in messages)
        kinds = Counter((message.queue, message.task or "?", message.reason[:SHORT_REASON]) for message in found)
    if not kinds:
        say("no dead-lettered message is chosen")
        raise typer.Exit(1)
    show_table(("queue", "task", "reason", "messages"), ((*kind, count) for kind, count in kinds.most_common()),
               numbers=("messages",))  # fmt: skip
    if dry_run:
        say(f"would {verb} {kinds.total()}")
        raise typer.Exit
    if not yes:
        typer.confirm(f"{verb} {kinds.total()} dead-lettered messages?", abort=True)
    return kinds.total()


@contextmanager
def _progress(verb: str, total: int) -> Iterator[Any]:
    """Show a progress bar; yields a function that is called for each message and returns 1."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from celery_platform.output import console

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        bar = progress.add_task(verb, total=total)

        def advance(_message: object) -> int:
            progress.advance(bar)
            return 1

        yield advance
