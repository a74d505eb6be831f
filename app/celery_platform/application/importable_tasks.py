"""The application's tasks for commands that can do without them, such as the dry run of a replay."""

from celery_platform.application.loading import application, import_tasks
from celery_platform.dead_letters.dry_run import Tasks
from celery_platform.errors import AppError


def importable_tasks() -> tuple[Tasks | None, str]:
    """The tasks of the application as it is here; where it cannot be imported, `None` and the reason.

    The reason is not redacted: it may contain what the application's own code says.

    Example: `tasks, reason = importable_tasks()`
    """
    try:
        celery = application()
        import_tasks(celery)
    except AppError as error:
        return None, str(error)
    return celery.tasks, ""
