"""The one line that says how an attempt ended."""

import logging

from celery.exceptions import Retry

from app.observability.logs.context import outcome_fields
from app.observability.outcome import Outcome

logger = logging.getLogger("app.outcome")
LEVELS = {"failed": logging.ERROR, "timed_out": logging.ERROR, "lost": logging.ERROR, "retried": logging.WARNING}


def write(outcome: Outcome) -> None:
    """Log it; with the traceback when it failed for good, with the reason when it is tried again."""
    fields = outcome_fields(outcome)
    error = outcome.error
    if isinstance(error, Retry):
        error = error.exc
    if isinstance(error, BaseException):
        fields |= {"error": type(error).__name__, "reason": str(error)[:500]}
    traceback = error if outcome.state == "failed" and isinstance(error, BaseException) else None
    logger.log(LEVELS.get(outcome.state, logging.INFO), "task %s", outcome.state, exc_info=traceback, extra=fields)
