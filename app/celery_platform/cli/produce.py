"""`app producer` and `app send`: putting work into the queues, over HTTP or one task at a time."""

import json
from typing import Annotated, Any

import typer

from app.cli.env import Env, choose


def producer(
    env: Env = "",
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
) -> None:
    """Take pictures and orders in over HTTP until told to stop (SIGTERM)."""
    choose(env)
    from app.producer.serve import serve

    serve(host, port)


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
    from app.cli.output import say, show_json
    from app.cli.tasks import chosen_task
    from app.routes import queue_of
    from app.settings import runtime

    chosen = chosen_task(task)
    try:
        chosen.__header__(*args, **kwargs)  # type: ignore[attr-defined] # Celery's own check of arguments
    except TypeError as error:
        raise typer.BadParameter(str(error).replace("run()", chosen.name)) from None
    sent = chosen.apply_async(tuple(args), kwargs, countdown=countdown, task_id=task_id or None)
    queue = queue_of(runtime().environment, chosen.name)
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
