"""Attaching the platform to an application's Celery instance: its publishing, its tasks, its settings."""

from celery_platform.attachment.attach import attach

__all__ = ["attach"]
