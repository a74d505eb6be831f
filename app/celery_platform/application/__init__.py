"""The application that runs here: finding it, importing it, and the variables and secrets that its processes get."""

from celery_platform.application.loading import application, platform_alone

__all__ = ["application", "platform_alone"]
