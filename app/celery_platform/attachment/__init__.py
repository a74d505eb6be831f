"""Attach the platform to an application's Celery instance: to its publishing, its tasks and its settings."""

from celery_platform.attachment.attach import attach

__all__ = ["attach"]
