"""The log line of an attempt's outcome, and a fast way to write it.

Every attempt has one, so its cost is part of every task. structlog's processor chain, which formats all other lines,
would take a tenth of the time of an empty task.
"""

import json
import logging
import time
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any

from celery.exceptions import Retry

from celery_platform.observability.logs.context import FIELDS, outcome_fields, trace_id
from celery_platform.observability.logs.gathered_lines import GatheredLines
from celery_platform.observability.logs.redaction import redacted
from celery_platform.observability.outcome import Outcome
from celery_platform.reliability.ends import reason_of

logger = logging.getLogger("app.outcome")
LEVELS = {"failed": logging.ERROR, "timed_out": logging.ERROR, "lost": logging.ERROR, "retried": logging.WARNING}
_encode = json.JSONEncoder(default=str).encode


def write(outcome: Outcome) -> None:
    """Log an outcome: with the traceback if the task failed for good, with the reason if it is retried."""
    level = LEVELS.get(outcome.state, logging.INFO)
    if not logger.isEnabledFor(level):
        return
    fields = outcome_fields(outcome)
    if level == logging.INFO and outcome.error is None and (only := _only_handler()) is not None:
        handler, lines = only
        handler.gather(lines.of_an_attempt(fields, time.time()))
        return
    error = outcome.error
    if isinstance(error, Retry):
        error = error.exc
    if isinstance(error, BaseException):
        fields |= {"error": type(error).__name__, "reason": reason_of(error).partition(": ")[2][:500]}
    traceback = error if outcome.state == "failed" and isinstance(error, BaseException) else None
    logger.log(level, "task %s", outcome.state, exc_info=traceback, extra={FIELDS: fields})


def _only_handler() -> "tuple[GatheredLines, JsonLines] | None":
    """The handler that alone gets the lines of attempts, and its formatter; `None` where any other sees them too."""
    handlers = logging.root.handlers
    if len(handlers) != 1 or logger.parent is not logging.root or logger.handlers or logger.filters:
        return None
    handler = handlers[0]
    if not isinstance(handler, GatheredLines) or handler.filters or handler.level > logging.INFO:
        return None
    return (handler, handler.formatter) if isinstance(handler.formatter, JsonLines) else None


class JsonLines(logging.Formatter):
    """A formatter that writes the lines of outcomes as JSON; `others` formats other lines and those with tracebacks.

    Only the reason can contain user data, so only the reason is redacted.
    """

    def __init__(self, environment: str, others: logging.Formatter) -> None:
        super().__init__()
        self._environment = environment
        self._others = others
        self._end = f', "event": "task %s", "level": "info", "logger": "{logger.name}", "timestamp": "%s"}}'
        self._environment_text = _text(environment)

    def format(self, record: logging.LogRecord) -> str:
        """The line without a line break."""
        fields: dict[str, Any] | None = getattr(record, FIELDS, None)
        if fields is None or record.exc_info:
            return self._others.format(record)
        if "reason" in fields:
            fields = fields | {"reason": redacted(fields["reason"])}
        return _encode(
            {
                **fields,
                "environment": self._environment,
                "trace_id": trace_id(),
                "event": record.getMessage(),
                "level": record.levelname.lower(),
                "logger": record.name,
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            }
        )

    def of_an_attempt(self, fields: dict[str, Any], created: float) -> str:
        """The line that `format` makes of an attempt at level INFO without an error, at a third of the cost.

        `created` is its time in seconds since 1970.
        """
        shown = ", ".join([f'"{name}": {_text(value)}' for name, value in fields.items()])
        when = datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z")
        end = self._end % (fields["outcome"], when)
        return f'{{{shown}, "environment": {self._environment_text}, "trace_id": {_text(trace_id())}{end}'


def _text(value: Any) -> str:
    """A value as JSON."""
    if type(value) is str:
        return encode_basestring_ascii(value)
    if value is None:
        return "null"
    kind = type(value)
    return repr(value) if kind is int or (kind is float and isfinite(value)) else _encode(value)
