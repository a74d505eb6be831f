"""Find and import the environment's application, and give its processes their variables and secrets."""

from celery_platform.application.loading import application, import_tasks, platform_alone

__all__ = ["application", "import_tasks", "platform_alone"]
