"""The application that runs here: finding it, importing it, and the variables and secrets that its processes get."""

from celery_platform.application.loading import application, import_tasks, platform_alone

__all__ = ["application", "import_tasks", "platform_alone"]
