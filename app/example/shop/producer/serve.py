"""Serve until SIGTERM."""

import logging
import signal
from types import FrameType

import waitress
from celery._state import _set_task_join_will_block  # type: ignore[attr-defined]
from celery_platform.database import database

from shop.producer.web import create_app

logger = logging.getLogger(__name__)

# Concurrent requests; each waits for a broker no longer than the publishing budget.
THREADS = 16


def serve(host: str, port: int) -> None:
    """Serve the producer; SIGTERM lets running requests finish.

    Raises:
        SettingsError, BrokerError: the environment cannot be used.
    """
    from shop.celery import celery

    celery.conf  # noqa: B018 - reports unreadable settings now instead of at the first request
    engine = database()
    if engine is not None:
        from celery_platform.outbox.table import prepare

        prepare(engine)
    logging.basicConfig(level=logging.INFO)
    signal.signal(signal.SIGTERM, _stop)
    # Results are not needed here. Celery would subscribe to each result of a chord in Valkey and never unsubscribe.
    _set_task_join_will_block(True)
    logger.info("listening at http://%s:%d", host, port)
    waitress.serve(create_app(), host=host, port=port, threads=THREADS, ident=None)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
