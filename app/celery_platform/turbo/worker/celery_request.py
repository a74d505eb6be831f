"""Celery's request object, made after the task has run, for what only it can do: report a failure and settle it."""

from typing import Any

from billiard.einfo import ExceptionInfo
from billiard.exceptions import WorkerLostError
from celery.utils.imports import symbol_by_name


def celery_request(task: Any, app: Any, consumer: Any, message: Any, *, acknowledged: bool) -> Any:
    """Celery's request for a message whose task has run: it settles the message and reports the failure."""

    def ack(logger: Any, errors: Any, *_: Any) -> None:
        message.ack_log_error(logger, errors)

    def reject(logger: Any, errors: Any, requeue: bool) -> None:
        message.reject_log_error(logger, errors, requeue)

    request = symbol_by_name(task.Request)(
        message, on_ack=ack, on_reject=reject, app=app, hostname=consumer.hostname, eventer=consumer.event_dispatcher,
        task=task, connection_errors=consumer.connection_errors, body=message.body, headers=message.headers,
        decoded=False, utc=app.uses_utc_timezone(),
    )  # fmt: skip
    request.acknowledged = acknowledged
    return request


def raised(request: Any, error: BaseException) -> None:
    """Report what the tracer lets through, as Celery's pools do: Reject from a handler, MemoryError, SystemExit."""
    lost = error if isinstance(error, Exception) else WorkerLostError(repr(error))
    request.on_failure(ExceptionInfo((type(lost), lost, error.__traceback__)))
