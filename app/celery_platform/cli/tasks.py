"""The tasks that a command may name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celery import Task


def chosen_task(name: str) -> "Task[Any, Any]":
    """Return the application's task with this name, or the only one whose name ends in it.

    Raises:
        ApplicationError: the application cannot be imported.
        SettingsError: no task has this name, or the names of several end in it.

    Example: `chosen_task("ship").name == "orders.tasks.ship"`
    """
    from celery_platform.application import application, import_tasks
    from celery_platform.errors import SettingsError

    celery = application()
    import_tasks(celery)
    own = sorted(task for task in celery.tasks if not task.startswith("celery."))
    found = [each for each in own if each == name] or [each for each in own if each.endswith(f".{name}")]
    if len(found) != 1:
        raise SettingsError(
            expected="the name of one task", found=repr(name), remedy=f"Use one of: {', '.join(found or own)}."
        )
    task: Task[Any, Any] = celery.tasks[found[0]]
    return task
