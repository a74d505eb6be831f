"""`app dlq list`, `causes`, `show` and `export`: what is dead-lettered, and why. All of it stays where it is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.dlq.options import (
    SHORT_REASON,
    AsJson,
    Cause,
    Error,
    Newer,
    Older,
    Queue,
    Task,
    choice_of,
    chosen_messages,
)
from celery_platform.cli.env import Env

if TYPE_CHECKING:
    from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
    from celery_platform.dead_letters.causes.grouping import CauseGroup


def list_(
    env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, cause: Cause = "",
    limit: Annotated[int, typer.Option(min=1, help="show at most so many")] = 50,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List dead-lettered messages, oldest first in each queue. They stay where they are."""
    from celery_platform.output import age_of, say, show_json, show_table

    with chosen_messages(env, queue, choice_of(None, task, error, older_than, newer_than, cause)) as messages:
        found = [held.message for _, held in zip(range(limit + 1), messages, strict=False)]
    shown = found[:limit]
    if as_json:
        return show_json([_as_json(message) for message in shown])
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


def causes(
    env: Env = "", queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None,
    newer_than: Newer = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Group dead-lettered messages by what failed and where, the most frequent first. They stay where they are.

    The key of a cause is the same on every day; list, replay, purge and export take it as --cause. The release of a
    cause is the one that had begun to run last when its first message failed.
    """
    from celery_platform.dead_letters.causes import group_by_cause
    from celery_platform.output import age_of, say, show_json, show_table

    with chosen_messages(env, queue, choice_of(None, task, error, older_than, newer_than)) as messages:
        found = group_by_cause(held.message for held in messages)
    began_in, not_known = _releases(found.groups)
    if as_json:
        groups = zip(found.groups, began_in, strict=True)
        return show_json(found.as_json() | {"causes": [group.as_json() | {"release": one} for group, one in groups]})
    if not found.groups:
        return say("no dead-lettered messages")
    show_table(
        ("cause", "messages", "task", "error", "raised in", "first", "in release", "last", "the last one"),
        (
            (group.cause.key, group.count, group.cause.task or "?", group.cause.said, group.cause.frame,
             age_of(group.first_at), release, age_of(group.last_at), group.example)
            for group, release in zip(found.groups, began_in, strict=True)
        ),
        numbers=("messages",),
    )  # fmt: skip
    if not_known:
        say(f"when releases began to run is not known: {not_known}")
    others = f"; {found.others} messages of other causes are not shown" if found.others else ""
    return say(f"{len(found.groups)} cause{'s' * (len(found.groups) != 1)}, {found.messages} messages{others}")


def _releases(groups: "list[CauseGroup]") -> tuple[list[str | None], str]:
    """The release in which each cause began; without the store, why it is not known. Messages are read without it."""
    from redis.exceptions import RedisError

    from celery_platform.errors import AppError
    from celery_platform.observability.releases import begun_releases, last_before

    try:
        begun = begun_releases()
    except (AppError, RedisError, OSError) as error:
        return [None] * len(groups), str(error)
    before = (last_before(begun, group.first_at) for group in groups)
    return [each.release if each else None for each in before], ""


def show(id_: Annotated[str, typer.Argument(metavar="ID")], env: Env = "", queue: Queue = "") -> None:
    """Print a dead-lettered message as JSON, with traceback, arguments and headers. Exit 1 when it is not there."""
    from celery_platform.output import say, show_json

    with chosen_messages(env, queue, choice_of([id_])) as messages:
        found = [_as_json(held.message) for held in messages]
    if not found:
        say(f"no dead-lettered message with id {id_}", style="red")
        raise typer.Exit(1)
    show_json(found[0] if len(found) == 1 else found)


def export(
    file: Annotated[Path, typer.Argument(help="where to write, one JSON object in a line")], env: Env = "",
    queue: Queue = "", task: Task = "*", error: Error = "", older_than: Older = None, newer_than: Newer = None,
    cause: Cause = "",
) -> None:  # fmt: skip
    """Write dead-lettered messages to a file. They stay where they are. Exit 1 when none was chosen."""
    import json

    from celery_platform.output import say

    with (
        chosen_messages(env, queue, choice_of(None, task, error, older_than, newer_than, cause)) as messages,
        file.open("w", encoding="utf-8") as sink,
    ):
        number = 0
        for held in messages:
            sink.write(json.dumps(_as_json(held.message), default=str) + "\n")
            number += 1
    say(f"wrote {number} dead-lettered messages to {file}")
    if not number:
        raise typer.Exit(1)


def _as_json(message: "DeadLetteredMessage") -> dict[str, Any]:
    """The message for programs, with the key of its cause."""
    from celery_platform.dead_letters.causes import cause_of

    return message.as_json() | {"cause": cause_of(message).key}
