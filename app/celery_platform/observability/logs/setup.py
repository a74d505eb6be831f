"""Set up one handler for all log lines of a process: the app's, Celery's and those of every library."""

import logging
import os
import sys
from typing import Any, TextIO

import structlog
from celery.signals import setup_logging

from celery_platform.observability import gathered
from celery_platform.observability.logs import outcome_line
from celery_platform.observability.logs.context import TaskContext
from celery_platform.observability.logs.gathered_lines import GatheredLines
from celery_platform.observability.logs.redaction import redact
from celery_platform.observability.outcome import listen

FORMAT = "CELERY_LOG_FORMAT"
FORMATS = ("json", "console")
# Loggers that are verbose. Celery's own lines about received and finished tasks are replaced by the outcome's line.
QUIET = {
    "botocore": logging.WARNING,
    "celery.app.trace": logging.CRITICAL,
    "celery.worker.strategy": logging.WARNING,
    "urllib3": logging.WARNING,
}
# Keeps lines short enough to be written atomically if several processes share a pipe (PIPE_BUF is 4096 on Linux).
MAX_TRACEBACK_CHARACTERS = 2_500


def own_logging(environment: str) -> None:
    """Configure logging in this process instead of Celery. Call it before a worker or beat starts.

    CELERY_LOG_FORMAT is `json` or `console`. By default a terminal gets `console`, everything else `json`.

    Example: `own_logging("prod")`
    """

    def set_up(loglevel: int | str | None = None, **_: Any) -> None:
        configure(environment, loglevel or logging.INFO)

    setup_logging.connect(set_up, weak=False)
    listen(outcome=outcome_line.write)


def configure(environment: str, level: int | str, stream: TextIO | None = None) -> None:
    """Send lines of at least `level` to `stream` (by default standard error) in the process's format."""
    stream = stream or sys.stderr
    form = _format(stream)
    handler: logging.StreamHandler[TextIO] = logging.StreamHandler(stream)
    if form == "json":
        handler = GatheredLines(stream)
        gathered.register(handler)
    handler.setFormatter(formatter(environment, form, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(True)


def formatter(environment: str, form: str, *, colors: bool = False) -> logging.Formatter:
    """The formatter of a process; `form` is one of `FORMATS`."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        TaskContext(environment),
        structlog.processors.ExceptionRenderer(),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=colors)
    )
    chain = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _shorten, redact, last],
    )
    return outcome_line.JsonLines(environment, chain) if form == "json" else chain


def _format(stream: TextIO) -> str:
    chosen = os.environ.get(FORMAT, "")
    return chosen if chosen in FORMATS else ("console" if stream.isatty() else "json")


def _shorten(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Shorten a long traceback to its end, which contains the error."""
    if len(event.get("exception") or "") > MAX_TRACEBACK_CHARACTERS:
        event["exception"] = "..." + event["exception"][-MAX_TRACEBACK_CHARACTERS:]
    return event
