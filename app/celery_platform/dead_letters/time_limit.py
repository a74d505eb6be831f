"""The message of a task that its hard time limit ended is dead-lettered too.

The task's process is killed, so nothing inside it can publish the message. Celery calls the request in the worker's
main process instead.
"""

from typing import Any

from celery.exceptions import Reject, TimeLimitExceeded
from celery.worker import state

from celery_platform.dead_letters.publishing import publish
from celery_platform.observability.request import ObservedRequest
from celery_platform.reliability.queue_limits import within_the_queue


class Request(ObservedRequest):
    """A message that a worker has taken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_limits = within_the_queue(self.time_limits, self.task, self.delivery_info)

    def on_timeout(self, soft: bool, timeout: float) -> Any:
        """Dead-letter the message before it is acknowledged, unless the worker is being stopped."""
        if not soft and not state.should_terminate:
            try:
                publish(self.task, TimeLimitExceeded(timeout), self._context)
            except Reject:
                self.reject(requeue=True)
        return super().on_timeout(soft, timeout)
