"""`app dlq`: look at messages that failed for good, send them again, remove them, write them to a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.duration import seconds
from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery_platform.dead_letters.choice import Choice
    from celery_platform.dead_letters.held import Held

dlq = typer.Typer(
    help="Messages that failed for good: look at them, send them again, remove them.",
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
def _letters(env: str, queue: str, choice: "Choice") -> Iterator[Iterator["Held"]]:
    """The chosen letters, on a connection of their own."""
    choose(env)
    from celery_platform.application import platform_alone
    from celery_platform.cli.queues import chosen_queues
    from celery_platform.dead_letters.reading import held_letters

    with platform_alone().connection_for_read() as connection:
        letters = held_letters(connection, chosen_queues(queue), choice)
        try:
            yield letters
        finally:
            letters.close()  # type: ignore[attr-defined] # a generator: gives back what it holds


@dlq.command(name="list")
def list_(
    env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, limit: Annotated[int, typer.Option(min=1, help="show at most so many")] = 50,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List dead letters, oldest first in each queue. They stay where they are."""
    from celery_platform.output import age_of, say, show_json, show_table

    with _letters(env, queue, _choice(None, task, error, older_than, newer_than)) as letters:
        found = [held.letter for _, held in zip(range(limit + 1), letters, strict=False)]
    shown = found[:limit]
    if as_json:
        return show_json([letter.as_json() for letter in shown])
    if not shown:
        return say("no dead letters")
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
    return say(f"{len(shown)} dead letter{plural}" + (", and more: see --limit" if len(found) > limit else ""))


@dlq.command()
def show(id_: Annotated[str, typer.Argument(metavar="ID")], env: Env = "", queue: Queue = "") -> None:
    """Print all of a letter as JSON: reason, traceback, attempts, arguments, headers. Exit 1 when it is not there."""
    from celery_platform.output import say, show_json

    with _letters(env, queue, _choice([id_], "*", "", None, None)) as letters:
        found = [held.letter.as_json() for held in letters]
    if not found:
        say(f"no dead letter with id {id_}", style="red")
        raise typer.Exit(1)
    show_json(found[0] if len(found) == 1 else found)


@dlq.command()
def replay(
    ids: Ids = None, env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, rate: Annotated[float, typer.Option(min=0.5, help="letters a second")] = 20.0,
    dry_run: DryRun = False, yes: Yes = False,
) -> None:  # fmt: skip
    """Send letters to their queues again, with all their retries. Exit 1 when none was chosen.

    Each is sent first and removed after: whatever interrupts this, nothing is lost; at most one is sent twice.
    """
    choice = _choice(ids, task, error, older_than, newer_than)
    total = _confirmed("replay", env, queue, choice, dry_run=dry_run, yes=yes)
    from celery_platform.application import platform_alone
    from celery_platform.dead_letters.replaying import replay as replayed
    from celery_platform.output import say

    with _letters(env, queue, choice) as letters, _progress("replayed", total) as advance:
        done = sum(advance(letter) for letter in replayed(platform_alone(), letters, per_second=rate))
    say(f"replayed {done} of {total}" + ("" if done == total else "; what is not a task message stays"))


@dlq.command()
def purge(
    ids: Ids = None, env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, dry_run: DryRun = False, yes: Yes = False,
) -> None:  # fmt: skip
    """Remove letters for good. Exit 1 when none was chosen. `app dlq export` keeps a copy."""
    choice = _choice(ids, task, error, older_than, newer_than)
    total = _confirmed("remove", env, queue, choice, dry_run=dry_run, yes=yes)
    from celery_platform.output import say

    with _letters(env, queue, choice) as letters, _progress("removed", total) as advance:
        done = sum(advance(held) for held in letters if held.remove())
    say(f"removed {done} of {total}")


@dlq.command()
def export(
    file: Annotated[Path, typer.Argument(help="where to write, one JSON object in a line")], env: Env = "",
    queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None, newer_than: Newer = None,
) -> None:  # fmt: skip
    """Write letters to a file. They stay where they are. Exit 1 when none was chosen."""
    import json

    from celery_platform.output import say

    with (
        _letters(env, queue, _choice(None, task, error, older_than, newer_than)) as letters,
        file.open("w", encoding="utf-8") as sink,
    ):
        number = 0
        for held in letters:
            sink.write(json.dumps(held.letter.as_json(), default=str) + "\n")
            number += 1
    say(f"wrote {number} dead letters to {file}")
    if not number:
        raise typer.Exit(1)


def _confirmed(verb: str, env: str, queue: str, choice: "Choice", *, dry_run: bool, yes: bool) -> int:
    """Count what is chosen and ask; ends the command when there is nothing to do or the answer is no."""
    from collections import Counter

    from celery_platform.output import say, show_table

    with _letters(env, queue, choice) as letters:
        found = (held.letter for held in letters)
        kinds = Counter((letter.queue, letter.task or "?", letter.reason[:SHORT_REASON]) for letter in found)
    if not kinds:
        say("no dead letter is chosen")
        raise typer.Exit(1)
    show_table(("queue", "task", "reason", "letters"), ((*kind, count) for kind, count in kinds.most_common()),
               numbers=("letters",))  # fmt: skip
    if dry_run:
        say(f"would {verb} {kinds.total()}")
        raise typer.Exit
    if not yes:
        typer.confirm(f"{verb} {kinds.total()} dead letters?", abort=True)
    return kinds.total()


@contextmanager
def _progress(verb: str, total: int) -> Iterator[Any]:
    """A progress bar; yields what is called for each letter, and returns 1."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from celery_platform.output import console

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        bar = progress.add_task(verb, total=total)

        def advance(_letter: object) -> int:
            progress.advance(bar)
            return 1

        yield advance
