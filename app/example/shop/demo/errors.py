"""The error of a demo that a person can fix."""

from celery_platform.errors import AppError


class DemoError(AppError):
    """The demo cannot run with its input."""
