"""Runs a task so that whatever ends it is settled: around Celery's tracer, in the process that runs the task.

The tracer runs the task's hooks and its body, stores the result, and publishes what follows (links, the rest of a
chain, a chord's body, errbacks). A failure of the body is dead-lettered before its result is stored
(`celery_platform.attachment.guarantees`). Here is what fails besides: a result that cannot be encoded, a next step that
is refused, an errback that raises, a hook that raises what is no exception.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn

from billiard.einfo import ExceptionInfo
from celery.app.task import Context
from celery.app.trace import TraceInfo, trace_ok_t
from celery.exceptions import Reject
from celery.states import FAILURE, REJECTED

from celery_platform import dead_letters
from celery_platform.reliability import continuation
from celery_platform.reliability.ends import as_failure, is_passed_on
from celery_platform.reliability.store_away import NOTICED_SECONDS, says_store_away
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)
Tracer = Callable[..., Any]
_NOTHING_YET = object()


@dataclass
class Attempt:
    """What the run of a task has done already."""

    dead_lettered: bool = False
    # Why its message is to be dead-lettered by the worker's main process, which has it as it came.
    as_it_came: dead_letters.AsItCameError | None = None
    # What the body returned, which has come to its end then.
    returned: Any = _NOTHING_YET


# Of the thread or greenlet that runs the task.
_running: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def note_returned(value: Any) -> Any:
    """Note what the body of the task that runs returned, and return it."""
    attempt = _running.get()
    if attempt is not None:
        attempt.returned = value
    return value


def dead_letter(task: Any, error: Exception, request: Any = None) -> None:
    """Publish the message that the task is working on to its dead letter queue, once for each attempt.

    Raises:
        Reject: the broker did not take it; the message goes back to its queue.
    """
    attempt = _running.get()
    if attempt is not None and (attempt.dead_lettered or attempt.as_it_came):
        return
    more: dict[str, str] = {}
    if attempt is not None and attempt.returned is not _NOTHING_YET:
        only_json = set(runtime().environment.application["accept_content"]) == {"json"}
        task_id = (request or task.request).id
        more = continuation.kept(task.name, task_id, attempt.returned, error, only_json=only_json)
    try:
        dead_letters.publish(task, error, request, more)
    except dead_letters.AsItCameError as failure:
        logger.warning("%s[%s] is dead-lettered as it came: %r", task.name, task.request.id, failure.__cause__)
        if attempt is None:
            raise Reject(failure, requeue=False) from error
        attempt.as_it_came = failure
        return
    if attempt is not None:
        attempt.dead_lettered = True


def settled(task: Any, trace: Tracer) -> Tracer:
    """Celery's tracer of a task, which lets no failure pass that is not in the dead letter queue.

    Example: `task.__trace__ = settled(task, build_tracer(task.name, task, app=app))`
    """

    def traced(uuid: str, args: Any, kwargs: Any, request: dict[str, Any] | None = None) -> Any:
        attempt = Attempt()
        before = _running.set(attempt)
        try:
            outcome = _outcome(trace, task, uuid, args, kwargs, request)
            info = outcome.info
            if info is not None and info.state == FAILURE and not (attempt.dead_lettered or attempt.as_it_came):
                # Raised by the body, it is the task's error, which was dead-lettered or retried before.
                if says_store_away(info.retval):
                    _give_back_later(info.retval)
                if getattr(info.retval, "dead_letter", True):
                    dead_letter(task, info.retval, Context(request or {}, args=args, kwargs=kwargs))
            if attempt.as_it_came:
                _as_it_came(attempt.as_it_came)
        except Reject as rejected:
            return _rejected(rejected)
        finally:
            _running.reset(before)
        return outcome

    return traced


def _outcome(trace: Tracer, task: Any, uuid: str, args: Any, kwargs: Any, request: dict[str, Any] | None) -> Any:
    """What the tracer returns, also where it raises: an errback that failed, a hook that called `sys.exit()`."""
    try:
        return _with_its_failure(trace(uuid, args, kwargs, request))
    except Reject:
        raise
    except BaseException as error:
        if is_passed_on(error):
            raise
        info = TraceInfo(FAILURE, as_failure(error))
        context = Context(request or {}, args=args, kwargs=kwargs)
        try:
            # The errbacks were called by what failed, or are what failed.
            shown = info.handle_error_state(task, context, call_errbacks=False)
        except Exception:
            logger.exception("the failure of %s[%s] could not be stored", task.name, uuid)
            shown = ExceptionInfo((type(info.retval), info.retval, info.retval.__traceback__))
        return trace_ok_t(shown, info, 0.0, None)


def _with_its_failure(outcome: Any) -> Any:
    """An outcome that says that it failed: for keyword arguments that are a list, Celery's has the error alone.

    The message would be acknowledged as if the task had succeeded.
    """
    if outcome.info is None and isinstance(outcome.retval, ExceptionInfo):
        return outcome._replace(info=TraceInfo(FAILURE, outcome.retval.exception))
    return outcome


def _give_back_later(error: Exception) -> NoReturn:
    """Give the message back when the worker takes no more until the store is back: each delivery counts.

    Raises:
        Reject: always.
    """
    time.sleep(NOTICED_SECONDS)
    raise Reject(error, requeue=True)


def _as_it_came(error: dead_letters.AsItCameError) -> NoReturn:
    """Let the worker's main process dead-letter the message; its result is stored.

    Raises:
        Reject: always, with the error as its reason.
    """
    raise Reject(error, requeue=False)


def _rejected(rejected: Reject) -> Any:
    """As the tracer returns it when the body raises Reject: raised by a hook, or because the broker takes nothing."""
    return trace_ok_t(ExceptionInfo(internal=True), TraceInfo(REJECTED, rejected), 0.0, None)
