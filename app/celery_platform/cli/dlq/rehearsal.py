"""`app dlq replay --dry-run`: what a replay would meet, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from celery_platform.cli.dlq.options import chosen_messages

if TYPE_CHECKING:
    from celery_platform.dead_letters.choice import Choice
    from celery_platform.dead_letters.dry_run import Checked, DryRun


def show_dry_run(env: str, queue: str, choice: "Choice", per_second: float) -> None:
    """Print what a replay of the chosen messages would meet. Exit 1 when none is chosen."""
    from celery_platform.application.importable_tasks import importable_tasks
    from celery_platform.dead_letters.dry_run import dry_run
    from celery_platform.output import say, show_table

    with chosen_messages(env, queue, choice) as messages:
        tasks, unread_code = importable_tasks()
        found = dry_run((held.message for held in messages), tasks, per_second=per_second, unread_code=unread_code)
    if not found.groups:
        say("no dead-lettered message is chosen")
        raise typer.Exit(1)
    show_table(
        ("queue", "task", "cause", "error", "messages", "refused", "effect done"),
        (
            (group.queue, group.cause.task or "?", group.cause.key, group.cause.said, group.count,
             group.refused.total(), group.done if group.looked_at else None)
            for group in found.groups
        ),
        numbers=("messages", "refused", "effect done"),
    )  # fmt: skip
    for line in _lines(found):
        say(line)
    raise typer.Exit


def _lines(found: "DryRun") -> Iterator[str]:
    from celery_platform.output import age

    if found.unread_code:
        yield f"Today's code cannot be asked whether it takes them: {found.unread_code}"
    for group in found.groups:
        yield from _of_group(group)
    for limit in found.limits:
        yield (
            f"{limit.task} asks the limit {limit.limit}, which holds for replayed messages as for others: "
            f"{limit.rate} go on, one that asks now after {limit.wait_seconds:.0f} s"
        )
    sent = f"would replay {found.messages}: sending takes {age(found.seconds)} at {found.per_second:g} a second"
    slower = found.seconds_with_limits > found.seconds
    yield sent + (f", and the work at least {age(found.seconds_with_limits)}, for its limits" if slower else "")
    if found.refused:
        yield f"{found.refused} of them would be dead-lettered again at once, because today's code does not take them"
    if found.stays:
        yield f"{found.stays} would stay: not the message of a task, or not readable"


def _of_group(group: "Checked") -> Iterator[str]:
    for refusal, count in group.refused.most_common(3):
        yield f"{group.cause.key}: {count} would be refused: {refusal}"
    if group.done:
        yield (
            f"{group.cause.key}: the effect of {group.done} of the {group.looked_at} looked at is done already: "
            "they would only return its result"
        )
    if group.taken:
        yield f"{group.cause.key}: {group.taken} would wait for another run of the same effect"
    if group.follows:
        yield f"{group.cause.key}: {group.follows} have run: only what follows them is sent"
