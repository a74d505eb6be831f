"""`app task`: what is known of one task by its id."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery_platform.dead_letters.one_task import KnownTask


def task(
    id_: Annotated[str, typer.Argument(metavar="ID", help="the task's id")],
    env: Env = "",
    queue: Annotated[
        str, typer.Option("--queue", "-q", metavar="LABEL", help="look in its dead letter queue alone")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of words")] = False,
) -> None:
    """Say whether a task runs, how it ended, and whether it is dead-lettered. Exit 1 when nothing is known of it.

    No broker can look up a message that waits, so nothing is known of a task that has not begun.
    """
    choose(env)
    from celery_platform.application import platform_alone
    from celery_platform.cli.queues import chosen_queues
    from celery_platform.dead_letters.one_task import known_task
    from celery_platform.output import say, show_json

    found = known_task(platform_alone(), id_, chosen_queues(queue))
    if as_json:
        show_json(found.as_json())
    else:
        for line in _lines(found):
            say(line)
    if not found.known:
        raise typer.Exit(1)


def _lines(found: "KnownTask") -> Iterator[str]:
    from celery_platform.dead_letters.causes import cause_of
    from celery_platform.output import age_of

    if found.running is not None:
        running = found.running
        yield f"{running.task} has run for {age_of(running.since)} on {found.worker}, from the queue {running.queue}"
    if found.state is not None:
        at = f" at {found.done_at}" if found.done_at else ""
        yield f"the result store has {found.state}{at}" + ("" if found.result is None else f": {found.result}")
    for each in found.dead_letters:
        since, cause = age_of(each.failed_at or each.sent_at), cause_of(each)
        yield f"{each.task or '?'} is dead-lettered in {each.queue} since {since}: {each.reason[:200]} ({cause.key})"
    if not found.known:
        yield (
            "nothing is known of it: it has not begun, or it ended and keeps no result, or its result has expired; "
            "the logs of workers have each attempt by its id"
        )
