"""Publishing many messages of a task at once, each confirmed by the broker or named as not."""

from celery_platform.publishing.outcome import Failure, NotPublishedError, Published
from celery_platform.publishing.publish import publish_many

__all__ = ["Failure", "NotPublishedError", "Published", "publish_many"]
