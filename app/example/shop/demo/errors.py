"""What a person can put right about a demo."""

from celery_platform.errors import AppError


class DemoError(AppError):
    """The demo cannot run with what it was given."""
