"""`app cancel`: let a task not run, on every broker."""

from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose


def cancel(
    id_: Annotated[str, typer.Argument(metavar="ID", help="the task's id")],
    env: Env = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="let it run again, before a replay for instance")] = False,
) -> None:
    """Cancel one task: it never begins, and ends if it runs in a pool that can end it.

    Those are prefork and gevent, and asyncio for a coroutine. Elsewhere a task that runs goes on. The state of one that
    never began or was ended becomes REVOKED, and what follows it in its canvas never runs. Workers know within a few
    seconds, and for a week. A delayed task that is kept for later is cancelled by `app schedule cancel`. Exit 1 when
    there is nothing to cancel.
    """
    choose(env)
    from celery_platform.observability.timeline.cancellable import cancellable
    from celery_platform.observability.timeline.reading import timeline
    from celery_platform.observability.worker_reports import live_reports
    from celery_platform.output import say
    from celery_platform.reliability import cancelling
    from celery_platform.reliability.pausing import SEEN_SECONDS
    from celery_platform.settings import runtime

    if undo:
        if not cancelling.let_run(id_):
            say(f"{id_} is not cancelled", style="red")
            raise typer.Exit(1)
        return say(f"workers run {id_} again within {SEEN_SECONDS:.0f} s, if its message comes")
    what = cancellable(timeline(id_, live_reports()), runtime().environment)
    say(what.text)
    if not what.possible:
        raise typer.Exit(1)
    if not yes:
        typer.confirm(f"cancel {id_}?", abort=True)
    if not cancelling.cancel(id_):
        say(f"{id_} is cancelled already", style="red")
        raise typer.Exit(1)
    return say(f"{id_} is cancelled: within {SEEN_SECONDS:.0f} s, every worker knows")
