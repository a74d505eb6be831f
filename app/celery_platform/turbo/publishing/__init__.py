"""Publishing many messages of a task at once, each confirmed by the broker or named as not."""

from app.turbo.publishing.outcome import Failure, NotPublishedError, Published
from app.turbo.publishing.publish import publish_many

__all__ = ["Failure", "NotPublishedError", "Published", "publish_many"]
