"""`app dlq replay` and `purge`: send dead-lettered messages again, or remove them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.dlq.options import (
    SHORT_REASON,
    Cause,
    DryRun,
    Error,
    Ids,
    Newer,
    Older,
    Queue,
    Task,
    Yes,
    choice_of,
    chosen_messages,
)
from celery_platform.cli.env import Env

if TYPE_CHECKING:
    from celery_platform.dead_letters.choice import Choice


def replay(
    ids: Ids = None, env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, cause: Cause = "",
    rate: Annotated[float, typer.Option(min=0.5, help="messages a second")] = 20.0,
    dry_run: DryRun = False, yes: Yes = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="go on although the replayed messages fail again")
    ] = False,
) -> None:  # fmt: skip
    """Send dead-lettered messages to their queues again, with all their retries. Exit 1 when none was chosen.

    Each is sent first and removed afterwards. An interruption loses nothing, and at most one message is sent twice. It
    stops by itself, with exit code 1, when at least ten of the messages have failed again, and half of those that ran.
    """
    choice = choice_of(ids, task, error, older_than, newer_than, cause)
    if dry_run:
        from celery_platform.cli.dlq.rehearsal import show_dry_run

        return show_dry_run(env, queue, choice, rate)
    total = _confirmed("replay", env, queue, choice, dry_run=False, yes=yes)
    from celery_platform.application import platform_alone
    from celery_platform.dead_letters.replaying import replay as replayed
    from celery_platform.dead_letters.watching import Watch
    from celery_platform.output import say

    watch = Watch()
    with chosen_messages(env, queue, choice) as messages, _progress("replayed", total) as advance:
        until = (lambda: False) if keep_going else watch.failures_come_back
        sent = replayed(platform_alone(), messages, per_second=rate, replay_id=watch.replay_id, until=until)
        done = sum(advance(message) for message in sent)
    if watch.stopped:
        fared = watch.fared
        say(
            f"replayed {done} of {total}, and stopped: {fared.failed} of the {fared.ended} that ran until now failed "
            "again. The others stay dead-lettered; --keep-going sends them all the same.",
            style="red",
        )
        raise typer.Exit(1)
    return say(f"replayed {done} of {total}" + ("" if done == total else "; messages of no task stay"))


def purge(
    ids: Ids = None, env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, cause: Cause = "", dry_run: DryRun = False, yes: Yes = False,
) -> None:  # fmt: skip
    """Remove dead-lettered messages for good. Exit 1 when none was chosen. `app dlq export` keeps a copy."""
    choice = choice_of(ids, task, error, older_than, newer_than, cause)
    total = _confirmed("remove", env, queue, choice, dry_run=dry_run, yes=yes)
    from celery_platform.output import say

    with chosen_messages(env, queue, choice) as messages, _progress("removed", total) as advance:
        done = sum(advance(held) for held in messages if held.remove())
    say(f"removed {done} of {total}")


def _confirmed(verb: str, env: str, queue: str, choice: "Choice", *, dry_run: bool, yes: bool) -> int:
    """Count the chosen messages and ask; ends the command when there is nothing to do or the answer is no."""
    from collections import Counter

    from celery_platform.dead_letters.causes import cause_of
    from celery_platform.output import say, show_table

    with chosen_messages(env, queue, choice) as messages:
        found = (held.message for held in messages)
        kinds = Counter(
            (message.queue, message.task or "?", cause_of(message).said[:SHORT_REASON]) for message in found
        )
    if not kinds:
        say("no dead-lettered message is chosen")
        raise typer.Exit(1)
    show_table(("queue", "task", "error", "messages"), ((*kind, count) for kind, count in kinds.most_common()),
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
