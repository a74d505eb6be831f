"""`app send`: putting a task into its queue, and waiting for what becomes of it."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from celery import Task
    from celery.result import AsyncResult


def send(
    task: Annotated[str, typer.Argument(help="the task's name; an end of it that no other has is enough")],
    arguments: Annotated[
        str, typer.Argument(help='JSON: an object of arguments by name, or a list: ["user-7"]')
    ] = "[]",
    env: Env = "",
    countdown: Annotated[int, typer.Option(min=0, help="seconds before it may run")] = 0,
    task_id: Annotated[str, typer.Option("--id", help="its task id; a new one when left out")] = "",
    wait: Annotated[int, typer.Option(min=0, metavar="SECONDS", help="wait so long for its result and print it")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of words")] = False,
) -> None:
    """Send one task. Its name and arguments are checked first: what is wrong is refused with nothing sent.

    With --wait, exit 1 when the task fails, and when it has not ended by then.
    """
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
    if wait:
        _refuse_without_result(chosen)
    sent = chosen.apply_async(tuple(args), kwargs, countdown=countdown, task_id=task_id or None)
    queue = queue_of_call(chosen.app, chosen.name, {"queue": getattr(chosen, "queue", None)})
    if not as_json:
        say(f"sent {chosen.name} to {queue.name}: {sent.id}")
    outcome = _outcome(sent, wait) if wait else {}
    if as_json:
        show_json({"id": sent.id, "task": chosen.name, "queue": queue.name} | outcome)
    elif outcome:
        say(outcome["error"] if "error" in outcome else json.dumps(outcome["result"], default=str))
    if "error" in outcome:
        raise typer.Exit(1)


def _refuse_without_result(task: "Task[Any, Any]") -> None:
    from celery.backends.base import DisabledBackend

    from celery_platform.errors import SettingsError

    if task.ignore_result or isinstance(task.backend, DisabledBackend):
        raise SettingsError(
            expected=f"a task that keeps its result, to wait for {task.name}",
            found="ignore_result" if task.ignore_result else "no result backend",
            remedy="Send it without --wait; its worker's log says how it ends. Declare it with ignore_result=False "
            "where its result is wanted.",
        )


def _outcome(sent: "AsyncResult[Any]", seconds: int) -> dict[str, Any]:
    """What the result store has of it in that time: its state, with `result` or `error`."""
    from celery.exceptions import TimeoutError as NoResultYetError

    try:
        result = sent.get(timeout=seconds, propagate=False)
    except NoResultYetError:
        return {"state": sent.state, "error": f"no result within {seconds} s; its state is {sent.state}"}
    if sent.state == "SUCCESS":
        return {"state": sent.state, "result": result}
    return {"state": sent.state, "error": f"failed: {type(result).__name__}: {result}"}


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
