"""Tell the store how full the outbox is, beside the relay: neither a broker nor a store that is away delays the other.

A relay that hangs is told of by the age of the oldest row, and is restarted for its missing heartbeat.
"""

import logging
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from celery_platform.observability.outbox_report import KEPT_SECONDS, REPORT_SECONDS, outbox_key
from celery_platform.outbox.reading import read_outbox
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

logger = logging.getLogger(__name__)


def start_reporting(engine: Engine, stopped: threading.Event) -> None:
    """Report every five seconds, in a thread of its own, until `stopped` is set."""
    threading.Thread(target=_report_until, args=(engine, stopped), name="outbox-report", daemon=True).start()


def _report_until(engine: Engine, stopped: threading.Event) -> None:
    """No error ends it. Of errors that follow each other, the first is logged: the relay logs those of its database."""
    failing = False
    while not stopped.wait(REPORT_SECONDS):
        try:
            report = read_outbox(engine)
            valkey().set(outbox_key(runtime().environment.prefix), report.as_text(), ex=KEPT_SECONDS)
            failing = False
        except Exception as error:
            if not failing:
                said = error.orig if isinstance(error, DBAPIError) else error
                logger.warning("cannot report how full the outbox is: %s", said)
            failing = True
