"""What every task has: retries of transient errors, and a dead-lettered message when it fails for good."""

import logging
import random
from typing import TYPE_CHECKING, Any, NoReturn

from celery.exceptions import Ignore, Reject, TaskPredicate

from celery_platform import dead_letters
from celery_platform.brokers.poison import is_poison
from celery_platform.reliability.errors import StoreAwayError
from celery_platform.reliability.message_group import group_of
from celery_platform.reliability.one_copy import is_second_copy
from celery_platform.reliability.signals import effect_repeated
from celery_platform.reliability.waiting import wait

if TYPE_CHECKING:
    from celery import Task

    _Task = Task[Any, Any]
else:
    _Task = object  # mixed in before a task's own class, which is one

logger = logging.getLogger(__name__)

STORE_AWAY_SECONDS = 5


class Guarantees(_Task):
    """The methods that come before those of a task's own class.

    Transient errors are retried by `retry.DEFAULT` unless the task says for which errors it retries. Any other error,
    and the last transient one, is final: the message is published to the dead letter queue first and acknowledged
    after, so it is never in neither.
    """

    # Whether the task's own class has a `__call__`, which must not be passed by.
    has_own_call = False

    def retry(self, *args: Any, **kwargs: Any) -> Any:
        """As Celery's, but a retry that cannot be published sends the message back to its queue.

        Celery 5.7.0 rejects it without requeueing (`Task.retry`): in a short outage of the broker it would be
        dead-lettered on RabbitMQ, and lost on Redis. And a store that is away costs no retry: the message comes back
        until it answers.
        """
        error = kwargs.get("exc", args[2] if len(args) > 2 else None)
        if isinstance(error, StoreAwayError) and not self.request.called_directly:
            self._wait_for_the_store(error)
        try:
            return super().retry(*args, **group_of(self.request) | kwargs)
        except Reject as refused:
            raise Reject(str(refused), requeue=True) from refused

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """End what has killed its worker too often, and what another copy of the message does already.

        Raises:
            Ignore: the message is dead-lettered, or another copy of it was begun.
            Waiting: the store that knows of copies and deliveries is away; the message comes back.
        """
        if self.request.is_eager:
            return super().before_start(task_id, args, kwargs)
        try:
            self._end_a_second_copy()
            poison = is_poison(self)
        except StoreAwayError as error:
            self._wait_for_the_store(error)
        if poison is not None:
            dead_letters.publish(self, poison)
            raise Ignore
        return super().before_start(task_id, args, kwargs)

    def _end_a_second_copy(self) -> None:
        if is_second_copy(self):
            logger.warning("a second copy of %s[%s] is dropped", self.name, self.request.id)
            effect_repeated.send(sender=None, key=f"later:{self.request.id}")
            raise Ignore

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; a plain call outside a worker runs the function alone."""
        if self.request.called_directly or self.request.is_eager:
            return super().__call__(*args, **kwargs)
        try:
            return super().__call__(*args, **kwargs) if self.has_own_call else self.run(*args, **kwargs)
        except TaskPredicate:  # Retry, Ignore, Reject: not a failure
            raise
        except StoreAwayError as error:
            self._wait_for_the_store(error)
        except Exception as error:
            if getattr(error, "dead_letter", True):
                dead_letters.publish(self, error)
            raise

    def _wait_for_the_store(self, error: StoreAwayError) -> NoReturn:
        """Send the message back, its retries unchanged, until the store answers.

        Raises:
            Waiting, Reject: as `wait`.
        """
        logger.warning("%s[%s] waits for a store: %s", self.name, self.request.id, error)
        wait(self, random.uniform(0.5, 1.5) * STORE_AWAY_SECONDS)  # noqa: S311 - spreads what comes back
