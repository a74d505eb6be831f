"""The delivery as a worker's main process has it, from taking to settling: for each pool, early and late acknowledged.

Every way in which Celery ends a delivery goes through one of these methods. What the process that ran the task could
not do, because it was killed, is done here before the message is acknowledged.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from billiard.einfo import ExceptionInfo, ExceptionWithTraceback  # type: ignore[attr-defined] # has no stub
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.exceptions import Reject
from celery.worker import state

from celery_platform import dead_letters
from celery_platform.observability.request import ObservedRequest
from celery_platform.reliability.queue_limits import within_the_queue
from celery_platform.reliability.signals import delivery_settled
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime
from celery_platform.settlement.names import DeadLettered, Settlement, settlement_of
from celery_platform.turbo.worker.without_request import Limits, WithoutRequest

CELERY = "celery.worker.request"

logger = logging.getLogger(__name__)


def _settling(own: Callable[..., Any]) -> Callable[..., Any]:
    def on_success(self: "Request", failed__retval__runtime: Any, **kwargs: Any) -> Any:
        """The attempt came to its end: it succeeded, or it failed and says so."""
        if isinstance(failed__retval__runtime, ExceptionInfo):
            # A pool without processes hands over what no tracer saw (`celery.concurrency.base.apply_target`).
            return self.on_failure(failed__retval__runtime)
        failed, _, _ = failed__retval__runtime
        if failed:
            return own(self, failed__retval__runtime, **kwargs)
        with self.settled_as(Settlement.DONE):
            return own(self, failed__retval__runtime, **kwargs)

    return on_success


class WithoutObject(WithoutRequest):
    """What a `Request` does for a message whose task succeeds on the fast way of a turbo pool."""

    def limits(self, given: Limits, task: Any, delivery: Mapping[str, Any]) -> Limits:
        """The limits of a message, none longer than its queue's."""
        return within_the_queue(given, task, delivery)

    def done(self, task: str, task_id: str) -> None:
        """Name the settlement."""
        delivery_settled.send(sender=None, task=task, task_id=task_id, settlement=Settlement.DONE.value)

    def given_back(self, task: str, task_id: str) -> None:
        """Name the settlement."""
        delivery_settled.send(sender=None, task=task, task_id=task_id, settlement=Settlement.GIVEN_BACK.value)


class Request(ObservedRequest):
    """A message that a worker has taken."""

    without_request = WithoutObject()
    settlement: Settlement | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_limits = within_the_queue(self.time_limits, self.task, self.delivery_info)

    def __init_subclass__(cls, **options: Any) -> None:
        """Settle in Celery's own `on_success` too, which it writes anew for each task.

        `celery.worker.request.create_request_cls` makes a class whose `on_success` does not call ours.
        """
        super().__init_subclass__(**options)
        own = vars(cls).get("on_success")
        if own is not None and cls.__module__ == CELERY:
            cls.on_success = _settling(own)

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        """The attempt failed, was retried, rejected or ignored, or its process was killed."""
        error: Any = exc_info.exception
        error = error.exc if isinstance(error, ExceptionWithTraceback) else error
        comes_again = bool(self.task.acks_late and self.task.reject_on_worker_lost)
        how = settlement_of(error, comes_again=comes_again)
        if self.settlement is not None:  # at its hard time limit: the process that was killed has ended now
            how = self.settlement
        elif self._already_cancelled:
            how = Settlement.GIVEN_BACK  # with its connection
        elif isinstance(error, Reject) and (self.acknowledged or how is Settlement.DEAD_LETTERED):
            # Acknowledged before it began, it cannot go back to its queue any more.
            vars(error)["requeue"] = False
            reason = vars(error)["reason"]
            how = self._dead_letter(reason if isinstance(reason, dead_letters.AsItCameError) else error)
            if isinstance(reason, dead_letters.AsItCameError):
                # The process that ran the task has stored its failure and called its errbacks.
                exc_info.exception = DeadLettered()
        elif how is Settlement.DEAD_LETTERED and not return_ok:
            # No tracer saw it: the child was killed, or could not read the message, or not hand over the result.
            how = self._dead_letter(error if isinstance(error, Exception) else WorkerLostError(str(error)))
        with self.settled_as(how):
            return super().on_failure(exc_info, send_failed_event, return_ok)

    def on_timeout(self, soft: bool, timeout: float) -> Any:
        """Dead-letter the message before it is acknowledged, unless the worker is being stopped."""
        if soft:
            return super().on_timeout(soft, timeout)
        how = self.settlement  # a prefork pool reports the error before the time limit, others do not
        if how is None:
            ends = state.should_terminate
            how = Settlement.GIVEN_BACK if ends else self._dead_letter(TimeLimitExceeded(timeout))
        with self.settled_as(how):
            return super().on_timeout(soft, timeout)

    def reject(self, requeue: bool = False) -> None:
        """Give the message back to its queue, or acknowledge it: it is in the dead letter queue already.

        A broker's own answer to a rejected message differs: RabbitMQ moves it without the reason, SQS delivers it again
        until its limit, Redis drops it.
        """
        return super().reject(requeue) if requeue else self.acknowledge()

    def _announce_revoked(self, reason: str, terminated: bool, signum: Any, expired: bool) -> None:
        with self.settled_as(Settlement.EXPIRED if expired else Settlement.REVOKED):
            super()._announce_revoked(reason, terminated, signum, expired)  # type: ignore[misc] # has no stub

    def _dead_letter(self, error: Exception) -> Settlement:
        try:
            queue = queue_of_request(runtime().environment, self.name, self)
            dead_letters.publish_as_it_came(self.app, self.message, error, queue, self.name)
        except Exception:
            logger.exception("%s[%s] could not be dead-lettered; it is given back", self.name, self.id)
            super().reject(requeue=True)
            return Settlement.GIVEN_BACK
        return Settlement.DEAD_LETTERED

    on_success = _settling(ObservedRequest.on_success)

    @contextmanager
    def settled_as(self, how: Settlement) -> Iterator[None]:
        """Settle once, after what is done within. Where that fails (a result cannot be stored) nothing is lost."""
        try:
            yield
        except Exception:
            logger.exception("%s[%s] is to be settled as %s, which failed", self.name, self.id, how)
            if how is Settlement.DEAD_LETTERED:
                self.acknowledge()
            elif not self.acknowledged:
                how = Settlement.GIVEN_BACK
                super().reject(requeue=True)
        if self.settlement is None:
            self.settlement = how
            delivery_settled.send(sender=None, task=self.name, task_id=self.id, settlement=how.value)
