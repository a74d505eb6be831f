"""What every task has: retries of transient errors, and a dead letter when it fails for good."""

from typing import Any

from celery import Task
from celery.exceptions import TaskPredicate

from app import dead_letters
from app.reliability.errors import TransientError


class ReliableTask(Task[Any, Any]):
    """The base of every task.

    A transient error is retried up to eight times after 1, 2, 4 ... at most 60 s, each with full jitter (between 0 and
    that), so that a service that comes back is not met by all at once. Any other error, and the last transient one, is
    final: the message is published to its queue's dead letters first and acknowledged after, so it is never in neither.
    """

    abstract = True
    Request = "app.observability.request:ObservedRequest"
    autoretry_for = (TransientError,)
    max_retries = 8
    retry_backoff = 1
    retry_backoff_max = 60
    retry_jitter = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; a plain call outside a worker runs the function alone."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        try:
            return self.run(*args, **kwargs)
        except TaskPredicate:  # Retry, Ignore, Reject: not a failure
            raise
        except Exception as error:
            dead_letters.publish(self, error)
            raise
