"""The tasks that a command may name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celery import Task


def chosen_task(name: str) -> "Task[Any, Any]":
    """The task with this name, or the only one whose name ends in it.

    Raises:
        SettingsError: none is, or several are.

    Example: `chosen_task("send_email").name == "app.tasks.email.send_email"`
    """
    from app.celery import celery
    from app.errors import SettingsError
    from app.routes import QUEUE_OF_TASK

    found = [each for each in QUEUE_OF_TASK if each == name] or [
        each for each in QUEUE_OF_TASK if each.endswith(f".{name}")
    ]
    if len(found) != 1:
        raise SettingsError(
            expected="the name of one task",
            found=repr(name),
            remedy=f"Use one of: {', '.join(sorted(found or QUEUE_OF_TASK))}.",
        )
    celery.loader.import_default_modules()
    return celery.tasks[found[0]]
