"""The guarantees of every task: transient errors are retried, and a message that fails for good is dead-lettered."""

import logging
import random
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

from celery.exceptions import Ignore, Reject, TaskPredicate

from celery_platform.attachment.async_tasks import refuse_coroutine
from celery_platform.brokers.poison import is_poison
from celery_platform.reliability.compression import compression_of
from celery_platform.reliability.continuation import value_of
from celery_platform.reliability.ends import as_failure, is_passed_on
from celery_platform.reliability.errors import NEVER_PUBLISHED, StoreAwayError
from celery_platform.reliability.message_group import group_of
from celery_platform.reliability.one_copy import is_second_copy
from celery_platform.reliability.returned_header import returned_before
from celery_platform.reliability.signals import effect_repeated
from celery_platform.reliability.waiting import wait
from celery_platform.settlement.attempt import Tracer, dead_letter, note_returned, settled
from celery_platform.settlement.names import DeadLettered

if TYPE_CHECKING:
    from celery import Task

    _Task = Task[Any, Any]
else:
    _Task = object  # mixed in before a task's own class, which is a Task

logger = logging.getLogger(__name__)

# Until a message that needs the store is delivered again; from half of it to half more.
WAIT_FOR_STORE_SECONDS = 5
# The attribute of the request, which is the run's own, once the task was called.
_BEGUN = "body_begun"


class Guarantees(_Task):
    """Methods that take precedence over those of a task's own class.

    Transient errors are retried with `retry.DEFAULT`, unless the task declares which errors it retries. Any other
    error, and the last transient one, is final: the message is first published to the dead letter queue and then
    acknowledged, so that it is always in one of the queues.
    """

    # Whether the task's own class has a `__call__`, which must then be used.
    has_own_call = False

    @property
    def __trace__(self) -> Tracer | None:
        """What runs this task's messages; made by Celery, once for each process, and settled by us."""
        made_before: Tracer | None = vars(self).pop("__trace__", None)  # before the task got the guarantees
        if made_before is not None:
            self.__trace__ = made_before
        return vars(self).get("_settled_trace")

    @__trace__.setter
    def __trace__(self, tracer: Tracer | None) -> None:
        vars(self)["_settled_trace"] = settled(self, tracer) if tracer is not None else None

    def retry(self, *args: Any, **kwargs: Any) -> Any:
        """Like Celery's, but if the retry cannot be published, the message is requeued.

        Celery 5.7.0 rejects it without requeueing (`Task.retry`): in a short outage of the broker it would be
        dead-lettered on RabbitMQ, and lost on Redis. And a store that is away costs no retry: the message is delivered
        again until it answers.

        Raises:
            EncodeError, RefusedMessageError, and others: the retry can never be published, so the task fails.
        """
        error = kwargs.get("exc", args[2] if len(args) > 2 else None)
        if isinstance(error, StoreAwayError) and not self.request.called_directly:
            self._wait_for_the_store(error)
        try:
            return super().retry(*args, **group_of(self.request) | compression_of(self.request) | kwargs)
        except Reject as refused:
            reason = vars(refused)["reason"]
            if isinstance(reason, NEVER_PUBLISHED):
                raise reason from refused
            raise Reject(str(refused), requeue=True) from refused

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Do not run a task that has killed its worker too often, or of which another copy was already started.

        Raises:
            Ignore: the message was dead-lettered, or another copy of it was already started.
            Waiting: the store that knows of copies and deliveries is away; the message is delivered again later.
        """
        if self.request.is_eager:
            return super().before_start(task_id, args, kwargs)
        try:
            self._end_a_second_copy()
            poison = is_poison(self)
        except StoreAwayError as error:
            self._wait_for_the_store(error)
        if poison is not None:
            dead_letter(self, poison)
            raise DeadLettered(str(poison))
        return super().before_start(task_id, args, kwargs)

    def _end_a_second_copy(self) -> None:
        if is_second_copy(self):
            logger.warning("a second copy of %s[%s] is dropped", self.name, self.request.id)
            effect_repeated.send(sender=None, key=f"later:{self.request.id}")
            raise Ignore

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task. A direct call outside a worker only runs the function.

        The replay of a message whose next step alone was missing does not run it: see `reliability.continuation`.
        """
        request = self.request
        if request.called_directly or request.is_eager:
            return super().__call__(*args, **kwargs)
        run = super().__call__ if self.has_own_call else self.run
        if _BEGUN in vars(request):  # by its own body, as a function: what that makes of it is the task's end
            return run(*args, **kwargs)
        setattr(request, _BEGUN, True)
        before = returned_before(request.headers, str(self.name), str(request.id))
        if before is not None:
            logger.info("%s[%s] has run before: only what follows it is published", self.name, request.id)
            return note_returned(value_of(before))
        try:
            return note_returned(refuse_coroutine(run(*args, **kwargs)))
        except TaskPredicate:  # Retry, Ignore, Reject: not a failure
            raise
        except StoreAwayError as error:
            self._wait_for_the_store(error)
        except BaseException as error:
            if is_passed_on(error):
                raise
            failure = as_failure(error)
            if getattr(failure, "dead_letter", True):
                dead_letter(self, failure)
            if failure is error:
                raise
            raise failure from error

    def _wait_for_the_store(self, error: StoreAwayError) -> NoReturn:
        """Send the message back, its retries unchanged, until the store answers.

        Raises:
            Waiting, Reject: as `wait`.
        """
        logger.warning("%s[%s] waits for a store: %s", self.name, self.request.id, error)
        wait(self, random.uniform(0.5, 1.5) * WAIT_FOR_STORE_SECONDS)  # noqa: S311 - spreads what comes back


# Hooks that Celery calls when the outcome is decided.
AFTER_THE_END = ("on_success", "on_failure", "on_retry", "after_return")


def after_the_end(own: Callable[..., Any]) -> Callable[..., Any]:
    """A task's own hook, which changes no outcome: what it raises is logged, but for `Reject`.

    Celery does so for two of them, and for exceptions only: `sys.exit()` would take the process along, and an error of
    `on_failure` would have every errback called again.
    """

    @wraps(own)
    def hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return own(self, *args, **kwargs)
        except BaseException as error:
            if isinstance(error, Reject) or is_passed_on(error) or self.request.is_eager:
                raise
            logger.exception("%s of %s[%s] raised", own.__name__, self.name, self.request.id)
            return None

    return hook
