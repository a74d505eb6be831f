"""Messages that failed for good: how they are published, and later read, replayed or removed."""

from celery_platform.dead_letters.publishing import AsItCameError, publish, publish_as_it_came

__all__ = ["AsItCameError", "publish", "publish_as_it_came"]
