"""Stores messages whose delay is longer than a broker may hold, and publishes them when they are due."""

from celery_platform.later.keep import keep_until_due
from celery_platform.later.store import LaterStore, later_store

__all__ = ["LaterStore", "keep_until_due", "later_store"]
