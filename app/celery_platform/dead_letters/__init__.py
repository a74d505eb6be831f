"""Messages that failed for good: publishing them, and reading, replaying and removing them later."""

from celery_platform.dead_letters.publishing import publish

__all__ = ["publish"]
