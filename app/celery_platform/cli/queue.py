"""`app queue`: pause a queue, let it go on, and list what is paused. It is the same on every broker."""

from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose

queue = typer.Typer(
    help="Pause a queue and let it go on: workers take nothing from it meanwhile, publishing goes on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Label = Annotated[str, typer.Argument(metavar="QUEUE", help="its label in the environment file (default, email, ...)")]


@queue.command()
def pause(
    label: Label, env: Env = "", reason: Annotated[str, typer.Option(help="why, for those who look")] = ""
) -> None:
    """Pause a queue on all workers, within a few seconds and until `app queue resume`; restarts change nothing.

    Tasks that run, and messages that a worker holds, come to their end. Exit 1 when it is paused already.
    """
    choose(env)
    import socket
    import time

    from celery_platform.cli.queues import known_queue
    from celery_platform.local_user import local_user
    from celery_platform.output import say
    from celery_platform.reliability.paused_queues import Pause
    from celery_platform.reliability.pausing import SEEN_SECONDS
    from celery_platform.reliability.pausing import pause as pause_queue

    known_queue(label)
    asked = Pause(time.time(), f"{local_user()}@{socket.gethostname()}", reason)
    if not pause_queue(label, asked):
        say(f"{label} is paused already: see `app queue list`", style="red")
        raise typer.Exit(1)
    say(f"{label} is paused: within {SEEN_SECONDS:.0f} s, every worker asks for nothing more from it")


@queue.command()
def resume(label: Label, env: Env = "") -> None:
    """Let a paused queue go on. Exit 1 when it is not paused."""
    choose(env)
    from celery_platform.cli.queues import known_queue
    from celery_platform.output import say
    from celery_platform.reliability.pausing import SEEN_SECONDS
    from celery_platform.reliability.pausing import resume as resume_queue

    if not resume_queue(label):
        known_queue(label)  # only now: a queue that the environment has no more may still be paused
        say(f"{label} is not paused", style="red")
        raise typer.Exit(1)
    say(f"{label} goes on within {SEEN_SECONDS:.0f} s")


@queue.command(name="list")
def list_(
    env: Env = "", as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False
) -> None:
    """List the queues that are paused, since when, by whom and why."""
    choose(env)
    from dataclasses import asdict

    from celery_platform.output import age_of, say, show_json, show_table
    from celery_platform.reliability.pausing import pauses

    found = pauses()
    if as_json:
        return show_json({label: asdict(pause) for label, pause in found.items()})
    if not found:
        return say("no queue is paused")
    return show_table(
        ("queue", "paused", "by", "reason"),
        ((label, age_of(pause.since), pause.by, pause.reason) for label, pause in sorted(found.items())),
    )
