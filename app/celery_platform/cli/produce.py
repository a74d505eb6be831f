"""`app producer` and `app send`: putting work into the queues, over HTTP or one task at a time."""

import json
from typing import Annotated, Any

import typer

from celery_platform.cli.env import Env, choose


def send(
    task: Annotated[str, typer.Argument(help="its name; the end of it is enough where no other ends so")],
    arguments: Annotated[
        str, typer.Argument(help='JSON: an object of arguments by name, or a list: ["user-7"]')
    ] = "[]",
    env: Env = "",
    countdown: Annotated[int, typer.Option(min=0, help="seconds before it may run")] = 0,
    task_id: Annotated[str, typer.Option("--id", help="its task id; a new one when left out")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of words")] = False,
) -> None:
    """Send one task. Its name and arguments are checked first: what is wrong is refused with nothing sent."""
    args, kwargs = _arguments(arguments)
    choose(env)
    from celery_platform.cli.tasks import chosen_task
    from celery_platform.output import say, show_json
    from celery_platform.routes import queue_of_call

    chosen = chosen_task(task)
    try:
        chosen.__header__(*args, **kwargs)  # type: ignore[attr-defined] # Celery's own check of arguments
    except TypeError as error:
        raise typer.BadParameter(str(error).replace("run()", chosen.name)) from None
    sent = chosen.apply_async(tuple(args), kwargs, countdown=countdown, task_id=task_id or None)
    queue = queue_of_call(chosen.app, chosen.name, {"queue": getattr(chosen, "queue", None)})
    if as_json:
        return show_json({"id": sent.id, "task": chosen.name, "queue": queue.name})
    return say(f"sent {chosen.name} to {queue.name}: {sent.id}")


def _arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"expected JSON, found {text!r}: {error}") from None
    if isinstance(given, list):
        return given, {}
    if isinstance(given, dict):
        return [], given
    raise typer.BadParameter(f"expected a JSON object or list, found {text!r}")
