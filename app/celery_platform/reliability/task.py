"""What every task has: retries of transient errors, and a dead letter when it fails for good."""

from typing import Any

from celery import Task
from celery.exceptions import Ignore, Reject, TaskPredicate

from app import dead_letters
from app.brokers.poison import is_poison
from app.reliability.retry import DEFAULT


class ReliableTask(Task[Any, Any]):
    """The base of every task.

    Transient errors are retried by `retry.DEFAULT` unless the task brings a `Retry` of its own. Any other error, and
    the last transient one, is final: the message is published to its queue's dead letters first and acknowledged after,
    so it is never in neither.
    """

    abstract = True
    Request = "app.dead_letters.time_limit:Request"
    autoretry_for = DEFAULT.transient
    max_retries = DEFAULT.times
    retry_backoff = DEFAULT.first_seconds
    retry_backoff_max = DEFAULT.longest_seconds
    retry_jitter = True

    def retry(self, *args: Any, **kwargs: Any) -> Any:
        """As Celery's, but a retry that cannot be published sends the message back to its queue.

        Celery 5.7.0 rejects it without requeueing (`Task.retry`): a short outage of the broker would make it a dead
        letter on RabbitMQ, and lose it on Redis.
        """
        try:
            return super().retry(*args, **kwargs)
        except Reject as refused:
            raise Reject(str(refused), requeue=True) from refused

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:  # noqa: ARG002 - Celery's signature
        """End what has killed its worker too often.

        Raises:
            Ignore: the message is in the dead letters.
        """
        poison = is_poison(self)
        if poison is not None:
            dead_letters.publish(self, poison)
            raise Ignore

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; a plain call outside a worker runs the function alone."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        try:
            return self.run(*args, **kwargs)
        except TaskPredicate:  # Retry, Ignore, Reject: not a failure
            raise
        except Exception as error:
            if getattr(error, "dead_letter", True):
                dead_letters.publish(self, error)
            raise
