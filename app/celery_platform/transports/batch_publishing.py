"""Publishing several messages with one call, where the broker has such a call."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

# A message as the channel's `prepare_message` returns it, its exchange and its routing key.
Prepared = tuple[Any, str, str]


class PublishesBatches(ABC):
    """A channel that publishes several messages with one call. On other channels they are published one by one."""

    @abstractmethod
    def publish_batch(self, messages: Sequence[Prepared]) -> list[str | None]:
        """Publish each message. For each, in order: `None`, or why the broker did not or may not have taken it.

        Example: `channel.publish_batch([(channel.prepare_message("{}"), "", "celery-email")]) == [None]`
        """
