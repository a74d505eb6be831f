"""The options of `app dlq` that choose messages, and the messages that they choose."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from celery_platform.cli.duration import seconds
from celery_platform.cli.env import choose

if TYPE_CHECKING:
    from celery_platform.brokers.dead_lettered.held import Held
    from celery_platform.dead_letters.choice import Choice

Queue = Annotated[str, typer.Option("--queue", "-q", metavar="LABEL", help="only of this queue (default, slow, ...)")]
Task = Annotated[str, typer.Option("--task", "-t", metavar="NAME", help="only of this task; * and ? match any")]
Error = Annotated[str, typer.Option("--error", "-e", metavar="TEXT", help="only with this text in the reason")]
Older = Annotated[str | None, typer.Option("--older-than", metavar="AGE", help="failed longer ago: 90s, 15m, 2h, 3d")]
Newer = Annotated[str | None, typer.Option("--newer-than", metavar="AGE", help="failed since then")]
Cause = Annotated[
    str, typer.Option("--cause", "-c", metavar="KEY", help="only of this cause, as `app dlq causes` has it")
]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="task ids; if none, all that are chosen")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]

SHORT_REASON = 100


def choice_of(
    ids: list[str] | None, task: str = "*", error: str = "", older: str | None = None, newer: str | None = None,
    cause: str = "",
) -> "Choice":  # fmt: skip
    """Return what these options choose; ages are texts such as `2h`."""
    from celery_platform.dead_letters.choice import Choice

    return Choice(frozenset(ids or ()), task, error, seconds(older), seconds(newer), cause)


@contextmanager
def chosen_messages(env: str, queue: str, choice: "Choice") -> Iterator[Iterator["Held"]]:
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
