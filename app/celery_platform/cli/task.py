"""`app task`: what is known of one task by its id."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery_platform.dead_letters.one_task import KnownTask
    from celery_platform.observability.timeline.reading import Timeline


def task(
    id_: Annotated[str, typer.Argument(metavar="ID", help="the task's id")],
    env: Env = "",
    queue: Annotated[
        str, typer.Option("--queue", "-q", metavar="LABEL", help="look in its dead letter queue alone")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of words")] = False,
) -> None:
    """Say what happened to a task and to its canvas, whether it runs, how it ended, and whether it is dead-lettered.

    Exit 1 when nothing is known of it. No broker can look up a message that waits, so nothing is known of a task that
    has not begun.
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
        _show_timeline(found.timeline)
    if not found.known:
        raise typer.Exit(1)


def _lines(found: "KnownTask") -> Iterator[str]:
    from celery_platform.dead_letters.causes import cause_of
    from celery_platform.output import age_of

    running = found.timeline.running
    if running is not None:
        worker = found.timeline.worker
        yield f"{running.task} has run for {age_of(running.since)} on {worker}, from the queue {running.queue}"
    if found.state is not None:
        at = f" at {found.done_at}" if found.done_at else ""
        yield f"the result store has {found.state}{at}" + ("" if found.result is None else f": {found.result}")
    for each in found.dead_letters:
        since, cause = age_of(each.failed_at or each.sent_at), cause_of(each)
        yield f"{each.task or '?'} is dead-lettered in {each.queue} since {since}: {each.reason[:200]} ({cause.key})"
    if not found.known:
        yield (
            "nothing is known of it: it has not begun, or it ended longer ago than timelines and results are kept; "
            "the logs of workers have each attempt by its id"
        )


def _show_timeline(found: "Timeline") -> None:
    """What happened to the task, and to the other tasks of its canvas."""
    from celery_platform.observability.timeline.steps import steps, trace_address
    from celery_platform.output import moment, say, seconds_of, show_table
    from celery_platform.settings import runtime

    known = steps(found)
    if known:
        show_table(
            ("at", "attempt", "what happened", "after", "worker"),
            (
                (moment(step.at), step.attempt or "", f"{step.text}: {step.error}" if step.error else step.text,
                 seconds_of(step.seconds), step.worker)
                for step in known
            ),
        )  # fmt: skip
    link = runtime().environment.timeline.trace_link
    for trace in dict.fromkeys(step.trace for step in known if step.trace):
        say(f"trace: {trace_address(link, trace) or trace}")
    if len(found.parts) > 1:
        say(f"its canvas began with {found.root}:")
        show_table(
            ("at", "task", "id", "what happened last", "after", "sent by"),
            (
                (moment(part.at), part.task, part.id, part.what, seconds_of(part.seconds), part.parent)
                for part in found.parts
            ),
        )
        if found.more_parts:
            say(f"and {found.more_parts} more")
